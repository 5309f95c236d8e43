//! Joinable elements of the own accounts: each different one is submitted once, by itself, under a handle that says nothing.
//!
//! ```text
//! inputs of new accounts ──new_elements──► elements in no order, with others that are random ──► hub
//! handles that others show too ──joins──► [Joined { account, identifier, member }]
//! ```
//!
//! Which accounts show an element stays here. How many do is not seen either, because there is one handle for all of them: a telephone of thirty
//! accounts would be known by that number.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use linkage_core::privacy::oprf::{SecretScalar, Suite};
use linkage_core::privacy::sealed::ElementHandle;
use linkage_core::privacy::token::{ClassCode, Tier};
use linkage_proto::exchange as wire;
use rand_core::{OsRng, RngCore};
use serde::{Deserialize, Serialize};

use super::super::files::{self, ExchangeError};
use super::super::hub::ELEMENTS_MAX;
use super::tokens::{Tokens, place};
use super::{Member, Reduced, refused, shuffle};

/// Which handle is which identifier of which own accounts.
const ELEMENTS: &str = "elements.json";

/// An identifier that more accounts show, such as an agent's telephone, joins nobody. Where own accounts do, its element is not submitted, and not
/// listed where it was; where its boxes do, whosever they are, they are left out.
pub(super) const HOLDERS_MAX: usize = 32;

/// An own identifier that another member shows too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Joined {
    /// The own account's key.
    pub account: String,
    /// Which identifier, as its class is named: `PHONE`, `PAYMENT`.
    pub identifier: String,
    /// The other member.
    pub member: String,
}

#[derive(Serialize, Deserialize)]
struct OwnElement {
    class: ClassCode,
    /// Of what it was made of, under whatever epoch's key.
    digest: [u8; 16],
    handle: ElementHandle,
    accounts: BTreeSet<String>,
    /// Whether it lies in the outbox or at the hub.
    submitted: bool,
}

impl OwnElement {
    fn is_common(&self) -> bool {
        HOLDERS_MAX < self.accounts.len()
    }
}

impl Member {
    /// What is submitted of accounts that are new: the elements that were not before, shuffled, with random ones up to whole batches.
    pub(super) fn new_elements<'a>(
        &self,
        new: impl Iterator<Item = &'a Reduced>,
        tokens: &Tokens,
    ) -> Result<Vec<wire::JoinableElement>, ExchangeError> {
        let kept = own_elements(&self.kept)?.into_iter().map(|own| ((own.class, own.digest), own));
        let mut kept: BTreeMap<(ClassCode, [u8; 16]), OwnElement> = kept.collect();
        for account in new {
            for input in account.inputs.iter().filter(|input| self.classes.tier(input.class) == Tier::Joinable) {
                let (class, digest) = place(input);
                let own = kept.entry((class, digest)).or_insert_with(|| OwnElement {
                    class,
                    digest,
                    handle: ElementHandle::random(&mut OsRng),
                    accounts: BTreeSet::new(),
                    submitted: false,
                });
                own.accounts.insert(account.key.clone());
            }
        }
        let unsent = kept.iter().filter(|(_, own)| !own.submitted && !own.is_common());
        let mut elements: Vec<wire::JoinableElement> =
            unsent.filter_map(|(place, own)| Some(shown(own.handle, tokens.get(place)?.0.to_vec()))).collect();
        files::write(&self.kept, ELEMENTS, &kept.into_values().collect::<Vec<_>>())?;
        // One batch at least: that no account shows an identifier is not told either.
        let whole = elements.len().next_multiple_of(ELEMENTS_MAX).max(ELEMENTS_MAX);
        while elements.len() < whole {
            elements.push(shown(ElementHandle::random(&mut OsRng), random_element()?));
        }
        shuffle(&mut elements);
        Ok(elements)
    }

    /// Marks elements that the hub has taken.
    pub(super) fn elements_sent(&self, handles: &BTreeSet<ElementHandle>) -> Result<(), ExchangeError> {
        let mut kept = own_elements(&self.kept)?;
        kept.iter_mut().filter(|own| handles.contains(&own.handle)).for_each(|own| own.submitted = true);
        files::write(&self.kept, ELEMENTS, &kept)
    }

    /// Identifiers of the own accounts that other members show too, by account. Holds for what members submitted in this epoch and for what
    /// was carried over from earlier ones, of which [`sync`](Member::sync) finds nothing until it is submitted anew.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`].
    pub fn joins(&self) -> Result<Vec<Joined>, ExchangeError> {
        let kept = own_elements(&self.kept)?;
        let by_handle: HashMap<&[u8], &OwnElement> = kept.iter().map(|own| (&own.handle.0[..], own)).collect();
        let envelope = Some(self.signer.envelope("ListJoins", Vec::new()));
        let mut hub = self.hub.clone();
        let listed = self.runtime.block_on(hub.list_joins(wire::ListJoinsRequest { envelope }));
        let mut joins = Vec::new();
        for wire::Join { handle, member } in listed.map_err(refused("hub"))?.into_inner().joins {
            let own = by_handle.get(handle.as_slice()).filter(|own| !own.is_common());
            let Some((own, class)) = own.and_then(|own| Some((own, self.classes.get(own.class)?))) else { continue };
            let joined = |account: &String| Joined {
                account: account.clone(),
                identifier: class.name.clone(),
                member: member.clone(),
            };
            joins.extend(own.accounts.iter().map(joined));
        }
        joins.sort_unstable();
        Ok(joins)
    }
}

/// Elements that were carried over stand under the handles of the epoch before. They are not sent again, which would tell them from padding.
pub(super) fn keep_handles(before: &Path, now: &Path) -> Result<(), ExchangeError> {
    files::write(now, ELEMENTS, &own_elements(before)?)
}

fn own_elements(folder: &Path) -> Result<Vec<OwnElement>, ExchangeError> {
    if folder.join(ELEMENTS).exists() { files::read(folder, ELEMENTS) } else { Ok(Vec::new()) }
}

fn shown(handle: ElementHandle, element: Vec<u8>) -> wire::JoinableElement {
    wire::JoinableElement { handle: handle.0.to_vec(), element }
}

/// An element that nobody's identifier is behind.
fn random_element() -> Result<Vec<u8>, ExchangeError> {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    let suite = Suite::of(ClassCode(0), Tier::Joinable, 0);
    Ok(suite.blind(&bytes, &SecretScalar::random(&mut OsRng))?.bytes().to_vec())
}
