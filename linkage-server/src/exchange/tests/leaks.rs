//! No raw value reaches a key server or the hub: members talk to them through a tap that hears all in the clear.

use std::io::Read;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::spellings::{MARKERS, spellings};
use super::*;

const MARKED: &str = r#"{"platform": "b", "account_id": "9", "observed_at": "2026-01-01T00:00:00Z", "phones": ["+442079460991"],
    "persons": [{"name": "Zebediah Quillfeather", "birth_date": "1971-11-23"}], "emails": ["quillfeather.z@post.example"],
    "payments": [{"scheme": "PAYPAL", "value": "zebquill@pay.example"}],
    "addresses": [{"street": "17 Marmalade Crescent", "locality": "Wickershamville", "postcode": "ZE9 9QF", "country": "GB"}]}"#;

/// All that is said through a port.
type Heard = Arc<Mutex<Vec<u8>>>;

/// A port that hands on to another what it hears.
async fn tap(to: SocketAddr, heard: Heard) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((caller, _)) = listener.accept().await {
            let Ok(called) = TcpStream::connect(to).await else { continue };
            let ((from_caller, to_caller), (from_called, to_called)) = (caller.into_split(), called.into_split());
            tokio::spawn(hand_on(from_caller, to_called, Arc::clone(&heard)));
            tokio::spawn(hand_on(from_called, to_caller, Arc::clone(&heard)));
        }
    });
    address
}

async fn hand_on(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, heard: Heard) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        heard.lock().unwrap().extend_from_slice(&bytes[..count]);
        if to.write_all(&bytes[..count]).await.is_err() {
            break;
        }
    }
}

/// As [`live`], without TLS and with a tap before each party.
fn tapped() -> (Live, Heard) {
    let (world, heard) = (world(), Heard::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let party = |role: Role, folder: &Path| {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
            let router = router(role, folder, Transport::PlaintextOnLoopback).unwrap();
            tokio::spawn(router.serve_with_incoming(incoming));
            tap(address, Arc::clone(&heard)).await.to_string()
        })
    };
    let key_servers = [0, 1, 2].map(|at| party(key_server(&world, at), &world.ceremony.key_servers[at]));
    let hub = party(Role::Hub, &world.ceremony.hub);
    let endpoints = Endpoints { key_servers, hub, transport: Transport::PlaintextOnLoopback };
    (Live { world, runtime, endpoints }, heard)
}

#[test]
fn no_raw_value_is_received_or_kept_in_any_spelling_and_a_planted_one_is_found() {
    let (live, heard) = tapped();
    let mine = live.file(0, "export.jsonl", &[MARKED]);
    let theirs = live.file(1, "export.jsonl", &[&MARKED.replace("\"b\"", "\"c\"")]);
    live.member(0).submit(&mine, None).unwrap();
    live.member(1).submit(&theirs, None).unwrap();
    assert_eq!(live.member(0).sync(&mine, None).unwrap().len(), 1);
    assert_eq!(live.member(1).links().unwrap().len(), 1);
    live.member(1).lookup(&theirs, None).unwrap();
    let received = heard.lock().unwrap().clone();
    assert!(500_000 < received.len(), "only {} bytes were heard", received.len());
    // The tap hears in the clear: names of members and methods are there.
    assert!(received.windows(11).any(|window| window == b"FetchBucket"));
    assert_eq!(leaks(&received), Vec::<&str>::new());
    for party in live.world.ceremony.key_servers.iter().chain([&live.world.ceremony.hub]) {
        for file in files_below(party) {
            assert_eq!(leaks(&std::fs::read(&file).unwrap()), Vec::<&str>::new(), "{}", file.display());
        }
    }
    // A member that sends a value in whatever spelling is found out by the same search.
    for (at, spelling) in spellings(MARKERS[0]).into_iter().chain(compressed(MARKERS[0])).enumerate() {
        heard.lock().unwrap().clear();
        live.runtime.block_on(async {
            let address = format!("http://{}", live.endpoints.hub);
            let channel = tonic::transport::Endpoint::from_shared(address).unwrap().connect_lazy();
            let mut hub = wire::hub_service_client::HubServiceClient::new(channel);
            let mut envelope = live.world.envelope(0, "ListLinks", wire::FetchBucketsPayload::default());
            envelope.payload = [b"xx".as_slice(), &spelling, b"yy"].concat();
            hub.list_links(wire::ListLinksRequest { envelope: Some(envelope) }).await.unwrap_err();
        });
        let heard = heard.lock().unwrap().clone();
        assert!(leaks(&heard).contains(&MARKERS[0]), "spelling {at}");
    }
}

/// Markers that are found in any spelling, compressed or not.
fn leaks(bytes: &[u8]) -> Vec<&'static str> {
    let mut texts = vec![bytes.to_vec()];
    texts.extend((0..bytes.len()).filter_map(|at| inflated(&bytes[at..])));
    let has =
        |spelling: &Vec<u8>| texts.iter().any(|text| text.windows(spelling.len()).any(|window| window == spelling));
    MARKERS.into_iter().filter(|marker| spellings(marker).iter().any(has)).collect()
}

/// What comes out where compressed data may begin, as far as it goes.
fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let decoder: Box<dyn Read + '_> = match bytes {
        [0x1f, 0x8b, 8, ..] => Box::new(flate2::read::GzDecoder::new(bytes)),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Box::new(flate2::read::ZlibDecoder::new(bytes)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(bytes).ok()?.single_frame()),
        _ => return None,
    };
    let mut text = Vec::new();
    let mut decoder = decoder.take(1 << 16);
    let mut some = [0; 4096];
    while let Ok(count @ 1..) = decoder.read(&mut some) {
        text.extend_from_slice(&some[..count]);
    }
    (!text.is_empty()).then_some(text)
}

fn compressed(marker: &str) -> Vec<Vec<u8>> {
    let mut gzip = Vec::new();
    flate2::read::GzEncoder::new(marker.as_bytes(), flate2::Compression::best()).read_to_end(&mut gzip).unwrap();
    let mut zlib = Vec::new();
    flate2::read::ZlibEncoder::new(marker.as_bytes(), flate2::Compression::best()).read_to_end(&mut zlib).unwrap();
    vec![gzip, zlib, zstd::encode_all(marker.as_bytes(), 3).unwrap()]
}
