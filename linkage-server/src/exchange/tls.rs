//! Mutual TLS: who connects shows a certificate of the authority, and every request is held against the revocation list as it then is.
//!
//! The handshake refuses foreign and missing certificates. [`Admission`] looks again at each request, so that a certificate that is
//! revoked or runs out ends a connection that is open already, and tells the gate whose connection it is.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, SignatureVerificationAlgorithm, UnixTime};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};
use tonic::{Request, Status};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList, RevocationOptionsBuilder,
    anchor_from_trusted_cert,
};

use super::files::{CA, CERTIFICATE, ExchangeError, REVOKED, TLS_KEY, read_text};
use super::party::Party;

/// How parties talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Mutual TLS under certificates of one authority.
    Tls,
    /// Readable by whoever listens, and therefore on loopback only: for tests.
    PlaintextOnLoopback,
}

impl Transport {
    /// Refuses a plain connection with another machine.
    pub(super) fn allows(self, address: &str, folder: &Path) -> Result<(), ExchangeError> {
        let is_loopback = || address.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
        match self {
            Transport::PlaintextOnLoopback if !is_loopback() => {
                Err(ExchangeError::Plaintext { folder: folder.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

/// Which signatures of the authority are understood.
const SIGNATURES: &[&dyn SignatureVerificationAlgorithm] = &[
    webpki::ring::ECDSA_P256_SHA256,
    webpki::ring::ECDSA_P384_SHA384,
    webpki::ring::ED25519,
    webpki::ring::RSA_PKCS1_2048_8192_SHA256,
];

/// A party's certificate and key, and the authority's.
pub(super) struct Credentials {
    identity: Identity,
    authority: Certificate,
}

impl Credentials {
    /// From a party's folder.
    pub(super) fn read(folder: &Path) -> Result<Credentials, ExchangeError> {
        if !folder.join(CERTIFICATE).exists() {
            return Err(ExchangeError::Plaintext { folder: folder.to_owned() });
        }
        let identity = Identity::from_pem(read_text(folder, CERTIFICATE)?, read_text(folder, TLS_KEY)?);
        Ok(Credentials { identity, authority: Certificate::from_pem(read_text(folder, CA)?) })
    }

    pub(super) fn of_server(self) -> ServerTlsConfig {
        ServerTlsConfig::new().identity(self.identity).client_ca_root(self.authority)
    }

    /// For a connection to one party: nobody else's certificate will do.
    pub(super) fn towards(&self, party: &Party) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .identity(self.identity.clone())
            .ca_certificate(self.authority.clone())
            .domain_name(party.certified_name())
    }
}

/// The member whose certificate a connection was made with.
#[derive(Clone, Debug)]
pub(super) struct Peer(pub(super) String);

/// Whose connection a request came on; `None` without TLS.
pub(super) fn peer<T>(request: &Request<T>) -> Option<Peer> {
    request.extensions().get().cloned()
}

/// Looks at the certificate behind every request.
#[derive(Clone)]
pub(super) enum Admission {
    /// Under the authority in a party's folder.
    Certified(Arc<Authorities>),
    /// On loopback, in tests.
    Everybody,
}

/// What certificates are held against.
pub(super) struct Authorities {
    authority: CertificateDer<'static>,
    list: PathBuf,
}

impl Admission {
    /// From a party's folder; the list must be there and whole.
    pub(super) fn read(folder: &Path, transport: Transport) -> Result<Admission, ExchangeError> {
        if transport == Transport::PlaintextOnLoopback {
            return Ok(Admission::Everybody);
        }
        let wrong =
            |name: &str| ExchangeError::Content { path: folder.join(name), expected: "a file in PEM".to_owned() };
        let authority = CertificateDer::from_pem_slice(read_text(folder, CA)?.as_bytes()).map_err(|_| wrong(CA))?;
        let authorities = Authorities { authority, list: folder.join(REVOKED) };
        authorities.revoked().map_err(|_| wrong(REVOKED))?;
        Ok(Admission::Certified(Arc::new(authorities)))
    }
}

impl Interceptor for Admission {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Admission::Certified(authorities) = self {
            let chain = request.peer_certs();
            let chain = chain.as_ref().map_or(&[][..], |chain| chain.as_slice());
            let peer = authorities.admit(chain).inspect_err(|status| {
                tracing::warn!(reason = status.message(), "a connection was refused");
            })?;
            request.extensions_mut().insert(peer);
        }
        Ok(request)
    }
}

impl Authorities {
    /// The list as it lies in the folder now.
    fn revoked(&self) -> Result<OwnedCertRevocationList, Status> {
        let failed = || Status::unavailable("the revocation list cannot be read, so nobody is admitted");
        let pem = std::fs::read(&self.list).map_err(|_| failed())?;
        let der = CertificateRevocationListDer::from_pem_slice(&pem).map_err(|_| failed())?;
        OwnedCertRevocationList::from_der(&der).map_err(|_| failed())
    }

    /// The member that a certificate is of, if it counts now.
    pub(super) fn admit(&self, chain: &[CertificateDer<'static>]) -> Result<Peer, Status> {
        let refused = |text: &str| Status::unauthenticated(format!("certificate: {text}"));
        let [own, between @ ..] = chain else { return Err(refused("expected one")) };
        let certificate = EndEntityCert::try_from(own).map_err(|_| refused("expected X.509"))?;
        let anchor = anchor_from_trusted_cert(&self.authority).map_err(|_| refused("the authority's is damaged"))?;
        let anchors = [anchor];
        let list = CertRevocationList::Owned(self.revoked()?);
        let lists = [&list];
        let revocation = RevocationOptionsBuilder::new(&lists)
            .map_err(|_| refused("there is no revocation list"))?
            .with_expiration_policy(ExpirationPolicy::Enforce)
            .build();
        let verified = certificate.verify_for_usage(
            SIGNATURES,
            &anchors,
            between,
            UnixTime::now(),
            KeyUsage::client_auth(),
            Some(revocation),
            None,
        );
        verified.map_err(|error| match error {
            webpki::Error::CertRevoked => refused("it was revoked"),
            webpki::Error::CertExpired { .. } => refused("it has run out"),
            webpki::Error::CrlExpired { .. } => refused("the revocation list has run out; the authority renews it"),
            _ => refused("expected one of this exchange's authority, for a member"),
        })?;
        let mut members = certificate.valid_dns_names().filter_map(Party::member_of);
        match (members.next(), members.next()) {
            (Some(member), None) => Ok(Peer(member.to_owned())),
            _ => Err(refused("expected the name of one member")),
        }
    }
}
