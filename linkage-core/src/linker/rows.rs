//! Derived rows: their keys and values.
//!
//! | table | key | value |
//! |---|---|---|
//! | Profile | account | version, profile: the one it is linked with, where it shows another by now; see `profiles` |
//! | Posting | see `postings` | |
//! | Edge | account, account | version, weight, evidence, band, judgement, relatives, tie; once for each direction |
//! | Member | account | network at ACT, network at LEAD |
//! | Network | `a`, network, account | member at ACT |
//! | Network | `r`, network | the network it was merged into |
//! | Summary | `next` | the next network's number |
//! | Summary | `layout` | version of these tables |
//!
//! Accounts are their serial numbers, networks theirs; both big-endian.

use crate::compare::Bits;
use crate::fingerprint::{Kind, Profile};
use crate::graph::Edge;
use crate::score::{Band, Tie};

use super::{LinkerError, NetworkId};

/// Version of the values here.
const VERSION: u8 = 2;

/// Codes of the ties that are not a shared value; that one has the code of its kind.
const CONTESTED: u8 = 253;
const JUDGED: u8 = 254;
const TOGETHER: u8 = 255;

/// Version of a profile: to be raised with every change of what accounts are reduced to, so that `link` reduces all anew.
const PROFILE_VERSION: u8 = 8;

/// Key of the next network's number in the summary table.
pub(super) const NEXT: &[u8] = b"next";

/// Key of the version of all these rows together in the summary table, and that version. The caps of keys decide which holders lie beside
/// them, so that other caps are another version.
pub(super) const LAYOUT: (&[u8], [u8; 1]) = (b"layout", [4]);

/// Networks of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) act: NetworkId,
    pub(super) lead: NetworkId,
}

pub(super) fn profile_value(profile: &Profile) -> Result<Vec<u8>, LinkerError> {
    let mut value = vec![PROFILE_VERSION];
    value.extend(postcard::to_stdvec(profile).map_err(|_| LinkerError::Derived("a profile"))?);
    Ok(value)
}

pub(super) fn read_profile(value: &[u8]) -> Result<Profile, LinkerError> {
    let damaged = LinkerError::Derived("a profile");
    match value.split_first() {
        Some((&PROFILE_VERSION, rest)) => postcard::from_bytes(rest).map_err(|_| damaged),
        _ => Err(damaged),
    }
}

pub(super) fn account(id: u32) -> [u8; 4] {
    id.to_be_bytes()
}

pub(super) fn pair(left: u32, right: u32) -> [u8; 8] {
    let mut row = [0; 8];
    row[..4].copy_from_slice(&left.to_be_bytes());
    row[4..].copy_from_slice(&right.to_be_bytes());
    row
}

/// The account at the end of a key.
pub(super) fn last_account(row: &[u8]) -> Result<u32, LinkerError> {
    let bytes = row.last_chunk::<4>().ok_or(LinkerError::Derived("a key without account"))?;
    Ok(u32::from_be_bytes(*bytes))
}

pub(super) fn edge_value(edge: &Edge) -> Vec<u8> {
    let mut value = vec![VERSION];
    value.extend(edge.weight.steps().to_be_bytes());
    value.extend(edge.evidence.steps().to_be_bytes());
    value.push(edge.band as u8);
    value.push(match edge.judged {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    });
    value.extend(edge.related.steps().to_be_bytes());
    value.push(edge.tie.map_or(0, tie_code));
    value
}

fn tie_code(tie: Tie) -> u8 {
    match tie {
        Tie::Judged => JUDGED,
        Tie::Together => TOGETHER,
        Tie::Contested => CONTESTED,
        Tie::Shared(kind) => kind as u8,
    }
}

fn read_tie(code: u8) -> Result<Option<Tie>, LinkerError> {
    match code {
        0 => Ok(None),
        JUDGED => Ok(Some(Tie::Judged)),
        TOGETHER => Ok(Some(Tie::Together)),
        CONTESTED => Ok(Some(Tie::Contested)),
        code => {
            let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == code);
            kind.map(|kind| Some(Tie::Shared(kind))).ok_or(LinkerError::Derived("an edge"))
        }
    }
}

pub(super) fn read_edge(value: &[u8]) -> Result<Edge, LinkerError> {
    let damaged = LinkerError::Derived("an edge");
    let &[VERSION, a, b, c, d, e, f, g, h, band, judged, r, s, t, u, tie] = value else { return Err(damaged) };
    let band = match band {
        0 => Band::None,
        1 => Band::Lead,
        2 => Band::Act,
        _ => return Err(damaged),
    };
    let judged = match judged {
        0 => None,
        1 => Some(true),
        2 => Some(false),
        _ => return Err(damaged),
    };
    let bits = |bytes| Bits::from_steps(i32::from_be_bytes(bytes));
    let tie = read_tie(tie)?;
    Ok(Edge {
        weight: bits([a, b, c, d]),
        evidence: bits([e, f, g, h]),
        band,
        judged,
        related: bits([r, s, t, u]),
        tie,
    })
}

pub(super) fn member_value(member: Member) -> Vec<u8> {
    [member.act.0.to_be_bytes(), member.lead.0.to_be_bytes()].concat()
}

pub(super) fn read_member(value: &[u8]) -> Result<Member, LinkerError> {
    let damaged = LinkerError::Derived("a membership");
    let (act, lead) = value.split_first_chunk::<8>().ok_or(damaged)?;
    Ok(Member { act: NetworkId(u64::from_be_bytes(*act)), lead: read_network(lead)? })
}

/// The members of all networks.
pub(super) const MEMBERS: &[u8] = b"a";

/// The network of a row of its members.
pub(super) fn network_in_member(row: &[u8]) -> Result<NetworkId, LinkerError> {
    let id = row.strip_prefix(MEMBERS).and_then(<[u8]>::first_chunk);
    Ok(NetworkId(u64::from_be_bytes(*id.ok_or(LinkerError::Derived("a member of a network"))?)))
}

/// The members of a network, without an account behind it.
pub(super) fn members(network: NetworkId) -> Vec<u8> {
    let mut row = MEMBERS.to_vec();
    row.extend(network.0.to_be_bytes());
    row
}

pub(super) fn member_row(network: NetworkId, id: u32) -> Vec<u8> {
    let mut row = members(network);
    row.extend(account(id));
    row
}

/// All redirects, or with a network behind it that network's.
pub(super) const REDIRECTS: &[u8] = b"r";

pub(super) fn redirect(network: NetworkId) -> Vec<u8> {
    let mut row = REDIRECTS.to_vec();
    row.extend(network.0.to_be_bytes());
    row
}

pub(super) fn network_value(network: NetworkId) -> Vec<u8> {
    network.0.to_be_bytes().to_vec()
}

pub(super) fn read_network(value: &[u8]) -> Result<NetworkId, LinkerError> {
    let bytes = value.try_into().map_err(|_| LinkerError::Derived("a network"))?;
    Ok(NetworkId(u64::from_be_bytes(bytes)))
}
