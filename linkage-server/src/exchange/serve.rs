//! Runs a key server or the hub until it is told to stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use linkage_proto::exchange::hub_service_server::HubServiceServer;
use linkage_proto::exchange::key_server_service_server::KeyServerServiceServer;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::transport::server::{Router, TcpIncoming};

use super::files::ExchangeError;
use super::hub::Hub;
use super::keyserver::KeyServer;
use super::tls::{Admission, Transport, server_config};

/// Largest message in either direction.
pub(super) const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// Which party a process is. It is never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of three key servers.
    KeyServer {
        /// Evaluations of one class that a member may ask for in a day; [`QUOTA`](super::QUOTA) for most.
        quota: u64,
        /// The file of its sealing key, outside its folder.
        seal_key: PathBuf,
    },
    /// The hub.
    Hub,
}

/// Serves a role from its folder until SIGTERM or SIGINT; says `listening on ADDRESS` on stderr once requests are taken.
///
/// # Errors
///
/// [`ExchangeError`] for a folder that cannot be used, holds both roles' secrets, or an address that is taken.
pub fn run_role(role: Role, folder: &Path, listen: SocketAddr, transport: Transport) -> Result<(), ExchangeError> {
    transport.allows(&listen.to_string(), folder)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let stop = crate::server::signals().map_err(ExchangeError::Start)?;
        let listener = TcpListener::bind(listen).await.map_err(ExchangeError::Start)?;
        let address = listener.local_addr().map_err(ExchangeError::Start)?;
        // A small answer must not wait for the caller's acknowledgement, 40 ms.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let router = router(role, folder, transport)?;
        crate::server::say_where(address);
        let served = router.serve_with_incoming_shutdown(incoming, stop);
        served.await.map_err(ExchangeError::Transport)
    })
}

/// The service of a role behind TLS and a look at every request's certificate.
pub(super) fn router(role: Role, folder: &Path, transport: Transport) -> Result<Router, ExchangeError> {
    let mut server = Server::builder();
    if transport == Transport::Tls {
        server = server.tls_config(server_config(folder)?).map_err(ExchangeError::Transport)?;
    }
    let admission = Admission::read(folder, transport)?;
    Ok(match role {
        Role::KeyServer { quota, seal_key } => {
            let service = KeyServerServiceServer::new(KeyServer::open(folder, quota, &seal_key)?);
            server.add_service(InterceptedService::new(service, admission))
        }
        Role::Hub => {
            let service = HubServiceServer::new(Hub::open(folder)?)
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX);
            server.add_service(InterceptedService::new(service, admission))
        }
    })
}

/// One thread for the network, and one a core for the arithmetic of the group.
pub(super) fn runtime() -> Result<Runtime, ExchangeError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(std::thread::available_parallelism().map_or(2, usize::from))
        .enable_all()
        .build()
        .map_err(ExchangeError::Start)
}
