//! What makes a pilot: a small certificate authority, the keys of parties, and the dealer's ceremony.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use linkage_server::exchange::{Authority, Party, admit, deal_keys};

use super::super::{Answer, bad_input};
use crate::terminal::say;

/// Issues and revokes the certificates that key servers, hub and members show each other, for pilots that have no
/// authority of their own. Its folder belongs to whoever admits parties.
#[derive(Debug, Subcommand)]
pub(crate) enum Ca {
    /// Makes an authority.
    #[command(after_help = NEW)]
    New(Authorities),
    /// Signs the request of a party and writes what it needs: tls.pem, ca.pem and revoked.pem.
    #[command(after_help = ISSUE)]
    Issue(Issue),
    /// Revokes all certificates of a party. The new revoked.pem goes to all key servers and the hub, which read it again at
    /// every request.
    #[command(after_help = REVOKE)]
    Revoke(Revoke),
    /// Renews the revocation list, which counts for 90 days.
    #[command(after_help = LIST)]
    List(Authorities),
}

const NEW: &str = "\
Example:
  linkage exchange ca new --folder ca";

const ISSUE: &str = "\
Example:
  linkage exchange ca new --folder ca
  linkage exchange join --folder hub --party hub
  linkage exchange ca issue --folder ca --request hub/request.json --party hub --out hub";

const REVOKE: &str = "\
Example:
  linkage exchange ca new --folder ca
  linkage exchange ca revoke --folder ca --party ebay_uk";

const LIST: &str = "\
Example:
  linkage exchange ca new --folder ca
  linkage exchange ca list --folder ca";

/// Which authority.
#[derive(Args, Debug)]
pub(crate) struct Authorities {
    /// The authority's folder.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

/// What is signed.
#[derive(Args, Debug)]
pub(crate) struct Issue {
    #[command(flatten)]
    authority: Authorities,
    /// The party's request.json.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Who you have made sure it is from: hub, keyserver-1 to keyserver-3, or a member's name.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    party: Party,
    /// Folder for what goes back to the party.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What no longer counts.
#[derive(Args, Debug)]
pub(crate) struct Revoke {
    #[command(flatten)]
    authority: Authorities,
    /// Whose certificates.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    party: Party,
}

/// Makes the keys of a key server or of the hub in its folder, and the request that goes to the authority and the dealer.
/// A member does so with `linkage member init`.
#[derive(Args, Debug)]
#[command(after_help = JOIN)]
pub(crate) struct Join {
    /// The party's folder.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Which party: hub, or keyserver-1 to keyserver-3.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    party: Party,
    /// Of a key server: file for the key to which its shares are sealed; made if there is none. It must lie outside the folder,
    /// best where neither backups nor the hub's operator reach.
    #[arg(long, value_name = "FILE")]
    seal_key: Option<PathBuf>,
}

const JOIN: &str = "\
Example:
  linkage exchange join --folder hub --party hub
  linkage exchange join --folder keyserver-1 --party keyserver-1 --seal-key seal/keyserver-1.key";

/// The trusted dealer's ceremony: deals a key for each class of token to three key servers, each share sealed to its server, and
/// writes a folder of what goes to each party. The dealer's own copy is erased; nothing written is secret in the clear.
///
/// Run it on a machine that all operators watch and that is wiped afterwards. It is given request.json of three key servers, the
/// hub and all members.
#[derive(Args, Debug)]
#[command(after_help = CEREMONY)]
pub(crate) struct HoldCeremony {
    /// The parties' request.json.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    requests: Vec<PathBuf>,
    /// Number of the epoch.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    epoch: u32,
    /// Folder for what goes to the parties.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

const CEREMONY: &str = "\
Example:
  linkage exchange join --folder keyserver-1 --party keyserver-1 --seal-key seal/keyserver-1.key
  linkage exchange join --folder keyserver-2 --party keyserver-2 --seal-key seal/keyserver-2.key
  linkage exchange join --folder keyserver-3 --party keyserver-3 --seal-key seal/keyserver-3.key
  linkage exchange join --folder hub --party hub
  linkage member init --folder ebay_uk --name ebay_uk
  linkage exchange ceremony --epoch 1 --out post --requests */request.json
  linkage member init --folder tiktok --name tiktok
  linkage exchange admit --folder post/hub --request tiktok/request.json";

/// Enters a member that joins after the ceremony into the list of a key server or the hub, which may be running.
#[derive(Args, Debug)]
#[command(after_help = CEREMONY)]
pub(crate) struct Admit {
    /// The key server's or hub's folder.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// The member's request.json.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
}

impl HoldCeremony {
    pub(super) fn run(self) -> Result<Answer> {
        let dealt = deal_keys(&self.requests, self.epoch, &self.out)?;
        say(format_args!("{} keys dealt in epoch {}; no copy of any is left here", dealt.keys, self.epoch));
        for (party, folder) in dealt.parties {
            say(format_args!("  {party}: send it what is in {}", folder.display()));
        }
        Ok(Answer::Done)
    }
}

impl Admit {
    pub(super) fn run(self) -> Result<Answer> {
        let member = admit(&self.folder, &self.request)?;
        say(format_args!("{member} is admitted in {}", self.folder.display()));
        Ok(Answer::Done)
    }
}

/// Reads a party from the command line.
pub(crate) fn party(text: &str) -> Result<Party, String> {
    Party::parse(text).ok_or_else(|| {
        "expected hub, keyserver-1 to keyserver-3, or a member's name of 1 to 63 of a-z, 0-9, _ and -".to_owned()
    })
}

impl Ca {
    pub(super) fn run(self) -> Result<Answer> {
        match self {
            Ca::New(Authorities { folder }) => {
                Authority::create(&folder)?;
                say(format_args!("an authority in {}: keep its ca.key to yourself", folder.display()));
            }
            Ca::Issue(Issue { authority, request, party, out }) => {
                Authority::open(&authority.folder)?.issue(&request, &party, &out)?;
                say(format_args!("issued to {party}: tls.pem, ca.pem and revoked.pem in {}", out.display()));
            }
            Ca::Revoke(Revoke { authority, party }) => {
                let authority = Authority::open(&authority.folder)?;
                let count = authority.revoke(&party)?;
                say(format_args!(
                    "revoked {count} certificates of {party}: copy {} to all key servers and the hub",
                    authority.list().display()
                ));
                if count == 0 {
                    say("note: none in force was issued to it");
                }
            }
            Ca::List(Authorities { folder }) => {
                let authority = Authority::open(&folder)?;
                authority.renew_list()?;
                say(format_args!("renewed {}: copy it to all key servers and the hub", authority.list().display()));
            }
        }
        Ok(Answer::Done)
    }
}

impl Join {
    pub(super) fn run(self) -> Result<Answer> {
        if let Party::Member(name) = &self.party {
            return Err(bad_input(format!("{name}: a member joins with `linkage member init`")));
        }
        let request = linkage_server::exchange::init_party(&self.folder, &self.party, self.seal_key.as_deref())?;
        say(format_args!("keys made; send {} to the authority and the dealer", request.display()));
        Ok(Answer::Done)
    }
}
