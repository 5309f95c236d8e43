//! What the demo found: asked of the linker, in the order in which it is told.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use linkage_core::evaluate::Report;
use linkage_core::explain::Explanation;
use linkage_core::linker::{ImportSummary, LinkSummary, Linker, NetworkId, NetworkStory, Resolution, Status};
use linkage_core::record::{Account, AccountKey, Listing, Reader, Record};
use linkage_core::rules::RuleSet;
use linkage_core::score::{Band, Settings};

/// Networks told in full.
const NETWORKS_TOLD: usize = 5;

/// The account of which one link is explained, and the one whose network is told whatever its size.
const EXPLAINED: (&str, &str) = ("tiktok", "goldenotter.outlet");

/// The accounts asked about: a repeat infringer, none, and one of whom nobody can say.
const CHECKED: [(&str, &str); 3] =
    [("ebay_uk", "mlbags_direct"), ("ebay_uk", "willow_and_wren"), ("tiktok", "tidewater_audio")];

/// All that is told.
pub(super) struct Story {
    pub(super) imported: Vec<ImportSummary>,
    pub(super) linked: LinkSummary,
    /// The largest networks at ACT.
    pub(super) networks: Vec<NetworkStory>,
    /// The network of the explained account.
    pub(super) explained: Option<NetworkStory>,
    pub(super) link: Option<LinkStory>,
    pub(super) checks: Vec<CheckStory>,
    pub(super) query: QueryStory,
    pub(super) report: Report,
    pub(super) settings: Settings,
}

/// One link and why it is there.
pub(super) struct LinkStory {
    pub(super) left: AccountKey,
    pub(super) right: AccountKey,
    pub(super) why: Explanation,
}

/// The answer about one seller.
pub(super) struct CheckStory {
    pub(super) account: AccountKey,
    pub(super) name: String,
    pub(super) status: Status,
}

/// A seller that was not in the store, and the answer.
pub(super) struct QueryStory {
    pub(super) account: Account,
    pub(super) resolution: Resolution,
    pub(super) took: Duration,
    /// What the account closest to it calls itself.
    pub(super) nearest_name: Option<String>,
    /// A photo of the seller's listing, and of the nearest account's, if both have one.
    pub(super) photos: Option<[Vec<u8>; 2]>,
}

impl Story {
    /// Asks the linker.
    pub(super) fn of(
        linker: &Linker,
        world: &Path,
        imported: Vec<ImportSummary>,
        linked: LinkSummary,
        report: Report,
    ) -> Result<Story> {
        Ok(Story {
            imported,
            linked,
            networks: networks(linker)?,
            explained: explained(linker)?,
            link: one_link(linker)?,
            checks: checks(linker)?,
            query: query(linker, world)?,
            report,
            settings: linker.epoch()?.settings,
        })
    }
}

fn networks(linker: &Linker) -> Result<Vec<NetworkStory>> {
    let mut sizes: BTreeMap<NetworkId, usize> = BTreeMap::new();
    linker.memberships(Band::Act, &mut |member| {
        *sizes.entry(member.network).or_default() += 1;
        Ok(())
    })?;
    let mut largest: Vec<(NetworkId, usize)> = sizes.into_iter().collect();
    largest.sort_by_key(|(id, members)| (std::cmp::Reverse(*members), *id));
    largest.truncate(NETWORKS_TOLD);
    largest.into_iter().map(|(id, _)| Ok(linker.network_story(id, Band::Act)?)).collect()
}

fn explained(linker: &Linker) -> Result<Option<NetworkStory>> {
    let network = linker.network_of(&AccountKey::new(EXPLAINED.0, EXPLAINED.1)?)?;
    Ok(network.map(|network| linker.network_story(network, Band::Act)).transpose()?)
}

/// A link of the explained account: of those at ACT the weakest, because the strongest needs no explanation.
fn one_link(linker: &Linker) -> Result<Option<LinkStory>> {
    let account = AccountKey::new(EXPLAINED.0, EXPLAINED.1)?;
    let Some(network) = linker.network_of(&account)? else { return Ok(None) };
    let mut links = linker.network(network)?.links;
    links.retain(|link| link.band == Band::Act && (link.left == account || link.right == account));
    links.sort_by(|a, b| a.weight_bits.total_cmp(&b.weight_bits));
    let Some(link) = links.into_iter().next() else { return Ok(None) };
    let why = linker.explain(&link.left, &link.right)?;
    Ok(Some(LinkStory { left: link.left, right: link.right, why }))
}

fn checks(linker: &Linker) -> Result<Vec<CheckStory>> {
    CHECKED
        .into_iter()
        .map(|(platform, id)| {
            let account = AccountKey::new(platform, id)?;
            let status = linker.check(&account, None, RuleSet::shipped())?;
            Ok(CheckStory { name: display_name(linker, &account)?, account, status })
        })
        .collect()
}

fn query(linker: &Linker, world: &Path) -> Result<QueryStory> {
    let accounts: Vec<Account> = read(&world.join("query_account.jsonl"), linker)?;
    let listings: Vec<Listing> = read(&world.join("query_listings.jsonl"), linker)?;
    let begun = Instant::now();
    let resolution = linker.resolve(&accounts, &listings)?.into_iter().next();
    let took = begun.elapsed();
    let resolution = resolution.context("resolve one account")?;
    let nearest = resolution.nearest.as_deref().map(AccountKey::parse).transpose()?;
    let theirs = match &nearest {
        Some(nearest) => {
            linker.ledger().view()?.dossier(nearest)?.listings.into_iter().map(|seen| seen.record).collect()
        }
        None => Vec::new(),
    };
    let photos = photo(world, &listings).zip(photo(world, &theirs)).map(|(own, known)| [own, known]);
    let account = accounts.into_iter().next().context("read one account")?;
    let nearest_name = nearest.map(|nearest| display_name(linker, &nearest)).transpose()?;
    Ok(QueryStory { account, resolution, took, nearest_name, photos })
}

/// The first photo of these listings that is a file.
fn photo(world: &Path, listings: &[Listing]) -> Option<Vec<u8>> {
    let paths = listings.iter().flat_map(|listing| &listing.images).filter_map(|image| image.path.as_ref());
    paths.into_iter().find_map(|path| fs::read(world.join(path)).ok())
}

fn read<T: Record>(file: &Path, linker: &Linker) -> Result<Vec<T>> {
    Reader::<T>::open(file, linker.intake())?.map(|record| Ok(record?.1)).collect()
}

fn display_name(linker: &Linker, account: &AccountKey) -> Result<String> {
    let dossier = linker.ledger().view()?.dossier(account)?;
    Ok(dossier.observations.last().and_then(|seen| seen.record.display_name.clone()).unwrap_or_default())
}
