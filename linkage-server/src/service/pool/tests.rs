use std::sync::mpsc;
use std::time::Duration;

use tonic::{Code, Status};

use super::Pool;

const LONG: Duration = Duration::from_secs(60);

/// Work that lasts until the sender is dropped, and says when it has begun.
fn held() -> (mpsc::Sender<()>, tokio::sync::oneshot::Receiver<()>, impl FnOnce() -> Result<(), Status> + Send) {
    let (hold, held) = mpsc::channel::<()>();
    let (begin, begun) = tokio::sync::oneshot::channel();
    let work = move || {
        begin.send(()).unwrap();
        assert!(held.recv().is_err());
        Ok(())
    };
    (hold, begun, work)
}

fn spawn(
    pool: &Pool,
    limit: Duration,
    work: impl FnOnce() -> Result<(), Status> + Send + 'static,
) -> tokio::task::JoinHandle<Result<(), Status>> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.run(limit, work).await })
}

#[tokio::test]
async fn a_thousand_requests_are_answered_by_two_threads() {
    let pool = Pool::new(2, 1000);
    let requests: Vec<_> = (0..1000).map(|_| spawn(&pool, LONG, || Ok(()))).collect();
    for request in requests {
        request.await.unwrap().unwrap();
    }
    pool.run(LONG, || Ok(())).await.unwrap();
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_his_place_to_the_next() {
    let pool = Pool::new(1, 1);
    let (hold, begun, work) = held();
    let first = spawn(&pool, LONG, work);
    begun.await.unwrap();
    let never = || -> Result<(), Status> { panic!("began though nobody waits for it") };
    let given_up = pool.run(Duration::from_millis(1), never).await.unwrap_err();
    assert_eq!(given_up.code(), Code::DeadlineExceeded);

    let next = spawn(&pool, LONG, || Ok(()));
    tokio::task::yield_now().await;
    let one_too_many = pool.run(LONG, || Ok(())).await.unwrap_err();
    assert_eq!(one_too_many.code(), Code::ResourceExhausted);
    drop(hold);
    first.await.unwrap().unwrap();
    next.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_panics_takes_nobody_with_it() {
    let pool = Pool::new(1, 2);
    let (hold, begun, work) = held();
    let first = spawn(&pool, LONG, work);
    begun.await.unwrap();
    let bad = spawn(&pool, LONG, || panic!("a bug"));
    let good = spawn(&pool, LONG, || Ok(()));
    drop(hold);
    first.await.unwrap().unwrap();
    assert_eq!(bad.await.unwrap().unwrap_err().code(), Code::Internal);
    good.await.unwrap().unwrap();
}
