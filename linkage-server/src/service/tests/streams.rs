//! Lists, searches, judgements, streams of questions and of changes, and callers who misbehave.

use prost::Message;
use tokio_stream::StreamExt;

use super::*;

#[tokio::test]
async fn networks_are_listed_in_pages() {
    let mut running = started().await;
    let (mut ids, mut page_token) = (Vec::new(), String::new());
    loop {
        let platform = "ebay_uk".to_owned();
        let request = proto::ListNetworksRequest { page_size: 2, page_token, platform, ..Default::default() };
        let page = running.client.list_networks(request).await.unwrap().into_inner();
        assert!(page.networks.iter().all(|network| network.accounts == 2 && network.platforms == ["ebay_uk"]));
        ids.extend(page.networks.into_iter().map(|network| network.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, ["N000001", "N000002", "N000003", "N000004", "N000005"]);
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_question_only() {
    let mut running = started().await;
    let first = proto::ListNetworksRequest { page_size: 2, ..Default::default() };
    let page_token = running.client.list_networks(first).await.unwrap().into_inner().next_page_token;
    let other_size = proto::ListNetworksRequest { page_size: 1, page_token: page_token.clone(), ..Default::default() };
    assert_eq!(running.client.list_networks(other_size).await.unwrap().into_inner().networks[0].id, "N000003");
    let refused = expect![[r#"
        InvalidArgument: page_token: expected the next_page_token of the page before, with the other fields as they were
        field page_token: expected the next_page_token of the page before, with the other fields as they were"#]];
    let other = proto::ListNetworksRequest { accounts_min: 3, page_token: page_token.clone(), ..Default::default() };
    refused.assert_eq(&shown(&running.client.list_networks(other).await.unwrap_err()));
    let search = proto::SearchRequest { query: "x".into(), page_token: page_token.clone(), ..Default::default() };
    refused.assert_eq(&shown(&running.client.search(search).await.unwrap_err()));
    let network = proto::GetNetworkRequest { id: "N7".into(), page_token: page_token.clone(), ..Default::default() };
    refused.assert_eq(&shown(&running.client.get_network(network).await.unwrap_err()));
    let mut forged = page_token;
    forged.replace_range(..1, "5");
    for page_token in [forged, "00".repeat(20), "é".repeat(40), "0".repeat(100_001)] {
        let request = proto::ListReviewsRequest { page_token, ..Default::default() };
        refused.assert_eq(&shown(&running.client.list_reviews(request).await.unwrap_err()));
    }
}

#[tokio::test]
async fn a_search_has_limits_and_pages() {
    let mut running = started().await;
    let request = |query: &str, page_token: &str| proto::SearchRequest {
        query: query.into(),
        page_size: 1000,
        page_token: page_token.into(),
        kinds: vec![proto::HitKind::Account.into()],
    };
    check(
        running.client.search(request(&"x".repeat(10_000), "")).await,
        expect![[r#"
            InvalidArgument: query: expected at most 1000 characters
            field query: expected at most 1000 characters"#]],
    );
    check(
        running.client.search(request("\u{200b} ?", "")).await,
        expect![[r#"
            InvalidArgument: query: expected at least one letter or digit
            field query: expected at least one letter or digit"#]],
    );
    check(
        running
            .client
            .search(proto::SearchRequest { kinds: vec![2, 0], query: "x".into(), ..Default::default() })
            .await,
        expect![[r#"
            InvalidArgument: kinds[1]: expected NETWORK, ACCOUNT or LISTING
            field kinds[1]: expected NETWORK, ACCOUNT or LISTING"#]],
    );
    let (mut sizes, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = running.client.search(request("王小明", &page_token)).await.unwrap().into_inner();
        sizes.push(page.hits.len());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 50]);
}

fn review_of(left: &str, request_id: &str) -> proto::ReviewRequest {
    proto::ReviewRequest {
        request_id: request_id.into(),
        left: left.into(),
        right: "p/b".into(),
        verdict: proto::Verdict::Same.into(),
        note: "one payee".into(),
        by: "kim".into(),
    }
}

#[tokio::test]
async fn a_judgement_is_added_once_and_undone_once() {
    let mut running = started().await;
    for _ in 0..2 {
        let answer = running.client.review(review_of("p/a", "r-1")).await.unwrap().into_inner().outcome.unwrap();
        assert_eq!((answer.evidence_band(), answer.review.unwrap().id), (proto::Band::Lead, 0));
    }
    check(
        running.client.review(review_of("p/c", "r-1")).await,
        expect![[r#"
            AlreadyExists: request_id: expected a name that no other request had within the last hour
            field request_id: expected a name that no other request had within the last hour"#]],
    );
    running.client.review(review_of("p/c", "")).await.unwrap();
    running.client.review(review_of("p/c", "")).await.unwrap();
    let undo = |id, request_id: &str| proto::UndoReviewRequest { request_id: request_id.into(), id, by: "lee".into() };
    for _ in 0..2 {
        let answer = running.client.undo_review(undo(0, "u-1")).await.unwrap().into_inner().outcome.unwrap();
        assert_eq!(answer.review.unwrap().undone_by, "lee");
    }
    check(
        running.client.undo_review(undo(0, "")).await,
        expect!["FailedPrecondition: id: the judgement is undone already"],
    );
    check(
        running.client.undo_review(undo(9, "")).await,
        expect![[r#"
            NotFound: id: no such judgement
            resource judgement id"#]],
    );
    let list =
        |account: &str| proto::ListReviewsRequest { page_size: 2, account: account.into(), ..Default::default() };
    let all = running.client.list_reviews(list("")).await.unwrap().into_inner();
    assert_eq!((all.reviews.len(), all.next_page_token.is_empty()), (2, false));
    let rest = proto::ListReviewsRequest { page_token: all.next_page_token, ..list("") };
    assert_eq!(running.client.list_reviews(rest).await.unwrap().into_inner().reviews[0].id, 2);
    let of_one = running.client.list_reviews(list("p/a")).await.unwrap().into_inner();
    assert_eq!((of_one.reviews.len(), of_one.next_page_token.is_empty()), (1, true));
}

#[tokio::test]
async fn a_judgement_that_is_not_one_is_refused() {
    let mut running = started().await;
    check(
        running.client.review(proto::ReviewRequest { verdict: 0, ..review_of("p/a", "") }).await,
        expect![[r#"
            InvalidArgument: verdict: expected SAME, DIFFERENT, RELATED or UNSURE
            field verdict: expected SAME, DIFFERENT, RELATED or UNSURE"#]],
    );
    check(
        running.client.review(review_of("p/unknown", "")).await,
        expect![[r#"
            NotFound: left: no such account
            resource account left"#]],
    );
    check(
        running.client.undo_review(proto::UndoReviewRequest::default()).await,
        expect![[r#"
            InvalidArgument: by: expected the name of who judges
            field by: expected the name of who judges"#]],
    );
}

fn question(id: &str) -> proto::BatchResolveRequest {
    proto::BatchResolveRequest { account: Some(account(id)), listings: vec![] }
}

#[tokio::test]
async fn questions_in_a_stream_are_answered_in_their_order() {
    let mut running = started().await;
    let ids: Vec<String> = (0..200).map(|n| format!("{}", n % 150)).collect();
    let questions: Vec<_> = ids.iter().map(|id| question(id)).collect();
    let answers = running.client.batch_resolve(tokio_stream::iter(questions)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.unwrap().resolution.unwrap().account).collect().await;
    assert_eq!(answers, ids.iter().map(|id| format!("p/{id}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_question_is_answered_before_the_next_is_asked() {
    let mut running = started().await;
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    sender.send(question("a")).await.unwrap();
    let mut answers = running.client.batch_resolve(stream).await.unwrap().into_inner();
    for id in ["b", "c"] {
        assert!(answers.next().await.unwrap().is_ok());
        sender.send(question(id)).await.unwrap();
    }
    drop(sender);
    assert!(answers.next().await.unwrap().is_ok());
    assert!(answers.next().await.is_none());
}

#[tokio::test]
async fn a_bad_question_ends_its_stream_after_the_answers_before_it() {
    let mut running = started().await;
    let questions = vec![question("a"), question("b"), question(""), question("c")];
    let answers = running.client.batch_resolve(tokio_stream::iter(questions)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.collect().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    expect![[r#"
        InvalidArgument: requests[2].account.account_id: expected a value, it is required
        field requests[2].account.account_id: expected a value, it is required"#]]
    .assert_eq(&shown(answers[2].as_ref().unwrap_err()));
    assert_eq!(answers.len(), 3);
}

async fn watch(running: &mut Running, cursor: &str) -> tonic::Streaming<proto::WatchResponse> {
    running.client.watch(proto::WatchRequest { cursor: cursor.into() }).await.unwrap().into_inner()
}

fn told(message: Option<Result<proto::WatchResponse, Status>>) -> (String, Vec<String>) {
    let message = message.unwrap().unwrap();
    (message.cursor, message.changes.into_iter().map(|change| change.account).collect())
}

#[tokio::test]
async fn changes_are_told_as_they_come_and_from_a_cursor_on() {
    let mut running = started().await;
    let mut changes = watch(&mut running, "").await;
    let (start, nothing) = told(changes.next().await);
    assert_eq!((start.as_str(), nothing.len()), ("0011223344556677-10", 0));
    *running.changes.lock().unwrap() = 12;
    let (cursor, accounts) = told(changes.next().await);
    assert_eq!((cursor.as_str(), accounts), ("0011223344556677-12", vec!["p/11".into(), "p/12".into()]));
    drop(changes);
    *running.changes.lock().unwrap() = 1200;
    let mut again = watch(&mut running, "0011223344556677-11").await;
    let mut sizes = Vec::new();
    for _ in 0..3 {
        sizes.push(told(again.next().await).1.len());
    }
    assert_eq!(sizes, [500, 500, 189]);
}

#[tokio::test]
async fn a_quiet_watch_says_where_it_is() {
    let mut running = start(Config { watch_quiet_seconds_max: 1, ..Config::default() }).await;
    let mut changes = watch(&mut running, "").await;
    for _ in 0..3 {
        assert_eq!(told(changes.next().await), ("0011223344556677-10".to_owned(), vec![]));
    }
}

#[tokio::test]
async fn cursors_that_lead_nowhere_are_refused() {
    let mut running = started().await;
    for cursor in ["x", "0011223344556677", "0011223344556677-", "ffffffffffffffff-11", "0011223344556677--1"] {
        let status = running.client.watch(proto::WatchRequest { cursor: cursor.into() }).await.unwrap_err();
        assert_eq!(
            shown(&status),
            "InvalidArgument: cursor: expected the cursor of an earlier message, from this store\n\
             field cursor: expected the cursor of an earlier message, from this store"
        );
    }
    for cursor in ["0011223344556677-9", "0011223344556677-11"] {
        let status = running.client.watch(proto::WatchRequest { cursor: cursor.into() }).await.unwrap_err();
        assert_eq!(status.code(), Code::OutOfRange, "{}", shown(&status));
    }
}

#[tokio::test]
async fn watchers_have_a_limit_and_make_way() {
    let mut running = start(Config { watchers_max: 1, ..Config::default() }).await;
    let first = watch(&mut running, "").await;
    let second = running.client.watch(proto::WatchRequest::default()).await.unwrap_err();
    assert_eq!(second.code(), Code::ResourceExhausted);
    drop(first);
    for _ in 0..50 {
        if running.client.watch(proto::WatchRequest::default()).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("a watcher that has gone keeps its place");
}

#[tokio::test]
async fn a_watcher_who_never_reads_loses_its_place() {
    let mut running = start(Config { unread_seconds_max: 1, watchers_max: 1, ..Config::default() }).await;
    // Far more than all buffers between the two hold: about 10 MB of changes.
    *running.changes.lock().unwrap() = 200_000;
    let unread = watch(&mut running, "0011223344556677-10").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let next = running.client.watch(proto::WatchRequest::default()).await;
    assert!(next.is_ok(), "{:?}", next.err());
    let rest: Vec<_> = unread.collect().await;
    assert!(rest.len() < 400, "it was not read for: {}", rest.len());
    assert_eq!(running.client.check(check_of("a")).await.unwrap().into_inner().accounts, 3);
}

#[tokio::test]
async fn a_stop_ends_watching_at_once() {
    let mut running = started().await;
    let mut changes = watch(&mut running, "").await;
    told(changes.next().await);
    let start = Instant::now();
    running.stop.take().unwrap().send(()).unwrap();
    let status = changes.next().await.unwrap().unwrap_err();
    assert_eq!(shown(&status), "Unavailable: the service is stopping\nretry after Some(1s)");
    running.ended.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_deadline_of_the_caller_is_kept() {
    let running = started().await;
    let message = check_of("slow").encode_to_vec();
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend(message);
    let start = Instant::now();
    // A client of ours would give up by itself.
    let code = raw_call(running.address, "Check", Some("300m"), tokio_stream::once(framed)).await;
    assert_eq!(code, Code::DeadlineExceeded);
    assert!(start.elapsed() < Duration::from_millis(1400));
}

#[tokio::test]
async fn calls_that_are_cancelled_make_way() {
    let mut running = start(Config { working_max: 2, waiting_max: 2, ..Config::default() }).await;
    for _ in 0..3 {
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let mut client = running.client.clone();
                tokio::spawn(async move { client.check(check_of("slow")).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        calls.iter().for_each(tokio::task::JoinHandle::abort);
        // Those at work are finished, those that waited are not begun.
        tokio::time::sleep(Duration::from_millis(1600)).await;
        assert!(running.client.check(check_of("a")).await.is_ok());
    }
}

#[tokio::test]
async fn a_stream_has_a_limit_of_bytes() {
    let mut running = start(Config { ingest_bytes_max: 100_000, ..Config::default() }).await;
    let record = || proto::Account { description: "x".repeat(10_000), ..account("a") };
    let records: Vec<_> = (0..20).map(|_| ingest_of(record())).collect();
    check(
        running.client.ingest(tokio_stream::iter(records)).await,
        expect![[r#"
            InvalidArgument: records: expected at most 100000 bytes in a stream
            field records: expected at most 100000 bytes in a stream"#]],
    );
    assert!(running.stored.lock().unwrap().is_empty());
}

/// Speaks as much HTTP/2 as it takes to announce a message of a size, and says what comes back.
#[tokio::test]
async fn a_message_that_announces_a_gigabyte_is_refused_unread() {
    let mut running = started().await;
    let announced = {
        // One message header of gRPC: not compressed, 1 GiB to come; then silence.
        let mut head = vec![0];
        head.extend((1_u32 << 30).to_be_bytes());
        head.extend([0; 1000]);
        head
    };
    let body = tokio_stream::once(announced).chain(tokio_stream::pending());
    let status = raw_call(running.address, "Resolve", None, body).await;
    assert_eq!(status, Code::OutOfRange);
    assert!(running.client.check(check_of("a")).await.is_ok());
}

/// Calls with bytes instead of messages.
async fn raw_call(
    address: SocketAddr,
    method: &str,
    timeout: Option<&str>,
    body: impl tokio_stream::Stream<Item = Vec<u8>> + Send + Unpin + 'static,
) -> Code {
    use http_body_util::StreamBody;
    use hyper::body::{Bytes, Frame};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let frames = body.map(|bytes| Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from(bytes))));
    let mut request = hyper::Request::post(format!("http://{address}/linkage.v1.LinkageService/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(timeout) = timeout {
        request = request.header("grpc-timeout", timeout);
    }
    let request = request.body(StreamBody::new(frames)).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let code = response.headers().get("grpc-status").unwrap().to_str().unwrap().parse::<i32>().unwrap();
    Code::from(code)
}
