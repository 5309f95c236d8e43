//! Mutual TLS: who connects shows a certificate of the authority, and every request is held against the revocation list as it then is.
//!
//! The handshake refuses foreign and missing certificates. [`Admission`] looks again at each request, so that a certificate that is
//! revoked or runs out ends a connection that is open already, and tells the gate whose connection it is.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, SignatureVerificationAlgorithm, UnixTime,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, Identity, ServerTlsConfig, Uri};
use tonic::{Request, Status};
use tower_service::Service;
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

/// A server's certificate and key, and the authority that its members' are of.
pub(super) fn server_config(folder: &Path) -> Result<ServerTlsConfig, ExchangeError> {
    certified(folder)?;
    let identity = Identity::from_pem(read_text(folder, CERTIFICATE)?, read_text(folder, TLS_KEY)?);
    Ok(ServerTlsConfig::new().identity(identity).client_ca_root(Certificate::from_pem(read_text(folder, CA)?)))
}

fn certified(folder: &Path) -> Result<(), ExchangeError> {
    if folder.join(CERTIFICATE).exists() { Ok(()) } else { Err(ExchangeError::Plaintext { folder: folder.to_owned() }) }
}

/// A member's connections to one party: nobody else's certificate will do, nor one that is on the revocation list as it lies in the
/// member's folder when a connection is made.
#[derive(Clone)]
pub(super) struct Connector {
    folder: PathBuf,
    address: String,
    name: ServerName<'static>,
}

impl Connector {
    /// Refuses a folder without certificates.
    pub(super) fn new(folder: &Path, address: &str, party: &Party) -> Result<Connector, ExchangeError> {
        certified(folder)?;
        let name = ServerName::try_from(party.certified_name());
        let wrong = |_| ExchangeError::Content { path: folder.to_owned(), expected: "a name in DNS".to_owned() };
        let connector =
            Connector { folder: folder.to_owned(), address: address.to_owned(), name: name.map_err(wrong)? };
        connector.config()?;
        Ok(connector)
    }

    fn config(&self) -> Result<ClientConfig, ExchangeError> {
        let wrong = |name: &str, expected: &str| ExchangeError::Content {
            path: self.folder.join(name),
            expected: expected.to_owned(),
        };
        let pem = |name: &str| read_text(&self.folder, name);
        let authority = CertificateDer::from_pem_slice(pem(CA)?.as_bytes()).map_err(|_| wrong(CA, "PEM"))?;
        let list = CertificateRevocationListDer::from_pem_slice(pem(REVOKED)?.as_bytes());
        let list = list.map_err(|_| wrong(REVOKED, "PEM"))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority).map_err(|_| wrong(CA, "the certificate of an authority"))?;
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .with_crls([list])
            .enforce_revocation_expiration()
            .build()
            .map_err(|_| wrong(REVOKED, "a revocation list"))?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem(CERTIFICATE)?.as_bytes()).collect();
        let key = PrivateKeyDer::from_pem_slice(pem(TLS_KEY)?.as_bytes()).map_err(|_| wrong(TLS_KEY, "PEM"))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| ExchangeError::Worker)?
            .with_webpki_verifier(verifier)
            .with_client_auth_cert(chain.map_err(|_| wrong(CERTIFICATE, "PEM"))?, key)
            .map_err(|_| wrong(CERTIFICATE, "a certificate of the key beside it"))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }

    async fn connect(self) -> std::io::Result<TokioIo<TlsStream<TcpStream>>> {
        let config = self.config().map_err(std::io::Error::other)?;
        let stream = TcpStream::connect(&self.address).await?;
        // A small answer must not wait for the other side's acknowledgement, 40 ms.
        stream.set_nodelay(true)?;
        Ok(TokioIo::new(TlsConnector::from(Arc::new(config)).connect(self.name, stream).await?))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
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
