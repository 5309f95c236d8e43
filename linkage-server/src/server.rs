//! Binds, serves until told to stop, and stops in order.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use linkage_core::linker::{Linker, LinkerError};
use linkage_proto::FILE_DESCRIPTOR_SET;
use linkage_proto::proto::linkage_service_server::LinkageServiceServer;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::Config;
use crate::config::ConfigError;
use crate::engine::Engine;
use crate::service::Service;

/// Threads of the runtime; the work itself is on blocking threads.
const RUNTIME_THREADS: usize = 2;

/// Pause after which a quiet connection is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Time to tell the callers of requests that are cut off.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why the service could not start or had to end.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store could not be opened.
    #[error("open store")]
    Store(#[source] LinkerError),
    /// The address is taken, or may not be used.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The system gave no threads or signals.
    #[error("start runtime")]
    Runtime(#[source] std::io::Error),
    /// The reflection service does not take the schema.
    #[error("describe service")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// The transport failed.
    #[error("serve")]
    Transport(#[source] tonic::transport::Error),
}

/// Serves until `stop` is ready; `listening` is told the address once requests are taken.
pub(crate) async fn serve<E: Engine>(
    config: Config,
    engine: E,
    stop: impl Future<Output = ()> + Send + 'static,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let config = Arc::new(config.checked()?);
    let rules = config.rule_set()?;
    let failed = |source| ServeError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;

    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<LinkageServiceServer<Service<E>>>().await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let (cut_off, is_cut_off) = tokio::sync::watch::channel(false);
    let (stop_now, is_stopping) = tokio::sync::watch::channel(false);
    let engine = Arc::new(engine);
    let to_prepare = Arc::clone(&engine);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = to_prepare.prepare() {
            tracing::warn!(error = %error, "the search index is not ready");
        }
    });
    let service = Service::new(engine, Arc::clone(&config), rules, is_stopping, is_cut_off);
    tokio::spawn(service.clone().look_at_log());
    let service = LinkageServiceServer::new(service)
        .max_decoding_message_size(config.message_bytes_max)
        .max_encoding_message_size(config.message_bytes_max);

    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let stop = async move {
        stop.await;
        tracing::info!("stopping");
        stop_now.send_replace(true);
        reporter.set_not_serving::<LinkageServiceServer<Service<E>>>().await;
        // Without a receiver the server has ended already.
        let _ = stopping.send(());
    };
    // Set here: the server's own setting does not reach a listener that was bound before.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder()
        .max_concurrent_streams(config.connection_streams_max)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .add_service(health)
        .add_service(reflection().build_v1().map_err(ServeError::Reflection)?)
        .add_service(reflection().build_v1alpha().map_err(ServeError::Reflection)?)
        .add_service(service)
        .serve_with_incoming_shutdown(incoming, stop);

    tracing::info!(%address, "listening");
    listening(address);
    tokio::pin!(server);
    tokio::select! {
        ended = &mut server => ended.map_err(ServeError::Transport),
        () = overdue(stopped, config.shutdown_max()) => {
            tracing::warn!("requests did not end in time; they are cut off");
            cut_off.send_replace(true);
            // Long enough to tell the callers; whoever does not listen does not matter.
            tokio::time::timeout(FAREWELL, server).await.unwrap_or(Ok(())).map_err(ServeError::Transport)
        }
    }
}

/// Ready when `limit` has passed since the stop; never without one.
async fn overdue(stopped: tokio::sync::oneshot::Receiver<()>, limit: Duration) {
    if stopped.await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(limit).await;
}

/// Serves the store of `config` until SIGTERM or SIGINT, then lets requests end and returns.
///
/// Says `listening on ADDRESS` on stderr once requests are taken.
///
/// # Errors
///
/// [`ServeError`] when the service cannot start, or its transport fails.
pub fn run(config: Config) -> Result<(), ServeError> {
    let config = config.checked()?;
    let linker = Linker::open_dir(&config.data).map_err(ServeError::Store)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(RUNTIME_THREADS)
        // Beside the pool: the stream that is brought in, the end of the log, the index, and the runtime's own needs.
        .max_blocking_threads(config.working_max + 6)
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    let served = runtime.block_on(async {
        let stop = signals().map_err(ServeError::Runtime)?;
        serve(config, linker, stop, say_where).await
    });
    // Threads that are still at work hold the store; the process ends without them.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

#[allow(clippy::print_stderr, reason = "scripts wait for this line")]
pub(crate) fn say_where(address: SocketAddr) {
    eprintln!("listening on {address}");
}

/// Ready on SIGTERM or SIGINT.
#[cfg(unix)]
pub(crate) fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ready on Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn signals() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        drop(tokio::signal::ctrl_c().await);
    })
}
