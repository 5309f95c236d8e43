//! A small certificate authority for tests and pilots: signs requests of parties, and says which certificates no longer count.
//!
//! Its folder holds its key and what it issued; it belongs to whoever admits parties, never to a key server or the hub. A consortium
//! that has an authority of its own needs none of this: it issues the same names.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rand_core::{OsRng, RngCore};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertificateSigningRequestParams,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevocationReason, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use serde::{Deserialize, Serialize};

use super::files::{self, CA, CERTIFICATE, ExchangeError, REVOKED, read_text, write_text};
use super::party::{Party, PartyRequest};
use crate::hex;

/// The authority's key.
const CA_KEY: &str = "ca.key";
/// What it issued.
const ISSUED: &str = "issued.json";

/// How long the authority itself is trusted.
const AUTHORITY_DAYS: i64 = 1_826;
/// How long a certificate counts: a year and a month to renew it in.
const CERTIFICATE_DAYS: i64 = 397;
/// How long a revocation list counts; whoever withholds newer ones does so for no longer.
const LIST_DAYS: i64 = 90;

/// A certificate that was issued.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issued {
    party: String,
    serial: String,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

/// An authority in its folder.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

fn failed(error: rcgen::Error) -> ExchangeError {
    ExchangeError::Certificate(error)
}

/// Year, month and day of a moment, as certificates are dated.
fn day_of(at: Timestamp) -> (i32, u8, u8) {
    let day = at.to_zoned(TimeZone::UTC).date();
    (i32::from(day.year()), day.month().unsigned_abs(), day.day().unsigned_abs())
}

/// Year, month and day so many days from now.
fn day(days: i64) -> (i32, u8, u8) {
    day_of(Timestamp::now().saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX))
}

/// From yesterday, for clocks that are behind, and for so many days from now.
fn lasting(params: &mut CertificateParams, days: i64) {
    let ((y, m, d), (end_y, end_m, end_d)) = (day(-1), day(days));
    params.not_before = date_time_ymd(y, m, d);
    params.not_after = date_time_ymd(end_y, end_m, end_d);
}

/// 16 random bytes that are a positive number in DER.
fn serial() -> [u8; 16] {
    let mut serial = [0; 16];
    OsRng.fill_bytes(&mut serial);
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

impl Authority {
    /// Makes an authority in a folder that has none.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::Content`] for a folder that has one; [`ExchangeError::File`].
    pub fn create(folder: &Path) -> Result<Authority, ExchangeError> {
        if folder.join(CA_KEY).exists() {
            let expected = "a folder without an authority".to_owned();
            return Err(ExchangeError::Content { path: folder.to_owned(), expected });
        }
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named("linkage exchange authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        lasting(&mut params, AUTHORITY_DAYS);
        let certificate = params.self_signed(&key).map_err(failed)?;
        write_text(folder, CA_KEY, &key.serialize_pem())?;
        write_text(folder, CA, &certificate.pem())?;
        files::write(folder, ISSUED, &Vec::<Issued>::new())?;
        let authority = Authority::open(folder)?;
        authority.write_list(&[])?;
        Ok(authority)
    }

    /// Opens an authority.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] for a folder without one.
    pub fn open(folder: &Path) -> Result<Authority, ExchangeError> {
        let key = KeyPair::from_pem(&read_text(folder, CA_KEY)?).map_err(failed)?;
        let issuer = Issuer::from_ca_cert_pem(&read_text(folder, CA)?, key).map_err(failed)?;
        Ok(Authority { folder: folder.to_owned(), issuer })
    }

    /// Signs a request for the party that the authority's operator says it is of, and writes the party's certificate, the
    /// authority's own and the revocation list to a folder.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::Content`] for a request of another party, or that its key did not sign.
    pub fn issue(&self, request: &Path, party: &Party, out: &Path) -> Result<(), ExchangeError> {
        let asked: PartyRequest = files::read_at(request)?;
        if asked.party != party.to_string() {
            let expected = format!("a request of {party}");
            return Err(ExchangeError::Content { path: request.to_owned(), expected });
        }
        let mut signed = CertificateSigningRequestParams::from_pem(&asked.certificate_request).map_err(failed)?;
        let serial = serial();
        // Nothing but the key is taken from the request.
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&party.to_string());
        let name = party.certified_name().try_into().map_err(failed)?;
        params.subject_alt_names = vec![SanType::DnsName(name)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match party {
            Party::Member(_) => ExtendedKeyUsagePurpose::ClientAuth,
            _ => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        lasting(&mut params, CERTIFICATE_DAYS);
        signed.params = params;
        let certificate = signed.signed_by(&self.issuer).map_err(failed)?;
        // Written down first: a certificate that nobody knows of cannot be revoked.
        let mut issued = self.issued()?;
        let at = Timestamp::now();
        issued.push(Issued { party: party.to_string(), serial: hex::encode(&serial), at, revoked_at: None });
        files::write(&self.folder, ISSUED, &issued)?;
        write_text(out, CERTIFICATE, &certificate.pem())?;
        for name in [CA, REVOKED] {
            if out != self.folder {
                write_text(out, name, &read_text(&self.folder, name)?)?;
            }
        }
        Ok(())
    }

    /// Revokes all certificates of a party and renews the list, which then goes to all key servers and the hub; says how many
    /// certificates that were.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`].
    pub fn revoke(&self, party: &Party) -> Result<usize, ExchangeError> {
        let mut issued = self.issued()?;
        let mut count = 0;
        for one in issued.iter_mut().filter(|one| one.party == party.to_string() && one.revoked_at.is_none()) {
            one.revoked_at = Some(Timestamp::now());
            count += 1;
        }
        files::write(&self.folder, ISSUED, &issued)?;
        self.write_list(&issued)?;
        Ok(count)
    }

    /// The revocation list anew, for another 90 days.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`].
    pub fn renew_list(&self) -> Result<(), ExchangeError> {
        self.write_list(&self.issued()?)
    }

    /// Where the revocation list lies.
    pub fn list(&self) -> PathBuf {
        self.folder.join(REVOKED)
    }

    fn issued(&self) -> Result<Vec<Issued>, ExchangeError> {
        files::read(&self.folder, ISSUED)
    }

    fn write_list(&self, issued: &[Issued]) -> Result<(), ExchangeError> {
        let mut revoked_certs = Vec::new();
        for one in issued {
            let Some(at) = one.revoked_at else { continue };
            let serial = hex::decode(&one.serial).ok_or_else(|| {
                let expected = format!("a serial number in hexadecimal digits for each certificate of {}", one.party);
                ExchangeError::Content { path: self.folder.join(ISSUED), expected }
            })?;
            let (y, m, d) = day_of(at);
            revoked_certs.push(RevokedCertParams {
                serial_number: SerialNumber::from_slice(&serial),
                revocation_time: date_time_ymd(y, m, d),
                reason_code: Some(RevocationReason::PrivilegeWithdrawn),
                invalidity_date: None,
            });
        }
        let ((y, m, d), (end_y, end_m, end_d)) = (day(0), day(LIST_DAYS));
        let number = Timestamp::now().as_millisecond().unsigned_abs();
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(y, m, d),
            next_update: date_time_ymd(end_y, end_m, end_d),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).and_then(|list| list.pem()).map_err(failed)?;
        write_text(&self.folder, REVOKED, &list)
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}
