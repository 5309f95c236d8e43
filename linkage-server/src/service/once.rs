//! Request names: the same request again is answered as before, and does nothing.
//!
//! As AIP-155 asks: a caller that did not see the answer may send its request again. Remembered in memory, for an hour, and no more
//! than [`REMEMBERED_MAX`] requests.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prost::Message;
use tonic::Status;

use crate::status;

/// Requests remembered.
const REMEMBERED_MAX: usize = 10_000;

/// For how long.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// Answers by the names of their requests.
pub(super) struct Once<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    answers: HashMap<String, Answered<T>>,
    order: VecDeque<(Instant, String)>,
}

struct Answered<T> {
    request: blake3::Hash,
    answer: T,
}

impl<T: Clone> Once<T> {
    pub(super) fn new() -> Once<T> {
        Once { state: Mutex::new(State { answers: HashMap::new(), order: VecDeque::new() }) }
    }

    /// Does `work`, unless a request with the same name has been answered; one at a time. Without a name, and when it fails,
    /// nothing is remembered.
    pub(super) fn run(
        &self,
        name: &str,
        request: &impl Message,
        work: impl FnOnce() -> Result<T, Status>,
    ) -> Result<T, Status> {
        if name.is_empty() {
            return work();
        }
        let digest = blake3::hash(&request.encode_to_vec());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget_old(Instant::now());
        if let Some(known) = state.answers.get(name) {
            return if known.request == digest { Ok(known.answer.clone()) } else { Err(status::name_taken()) };
        }
        let answer = work()?;
        state.order.push_back((Instant::now(), name.to_owned()));
        state.answers.insert(name.to_owned(), Answered { request: digest, answer: answer.clone() });
        Ok(answer)
    }
}

impl<T> State<T> {
    fn forget_old(&mut self, now: Instant) {
        while let Some((at, _)) = self.order.front() {
            if self.order.len() < REMEMBERED_MAX && now.duration_since(*at) < REMEMBERED {
                return;
            }
            if let Some((_, name)) = self.order.pop_front() {
                self.answers.remove(&name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_request_again_is_answered_as_before() {
        let once = Once::new();
        let mut done = 0;
        let mut run = |name: &str, request: &str| {
            once.run(name, &request.to_owned(), || {
                done += 1;
                Ok(done)
            })
            .map_err(|status| status.code())
        };
        assert_eq!((run("a", "x"), run("a", "x"), run("b", "x")), (Ok(1), Ok(1), Ok(2)));
        assert_eq!(run("a", "y"), Err(tonic::Code::AlreadyExists));
        assert_eq!((run("", "x"), run("", "x")), (Ok(3), Ok(4)));
    }

    #[test]
    fn a_request_that_failed_may_be_sent_again() {
        let once = Once::new();
        let failed = once.run("a", &"x".to_owned(), || Err::<u8, _>(status::busy()));
        assert!(failed.is_err());
        assert_eq!(once.run("a", &"x".to_owned(), || Ok(7)).ok(), Some(7));
    }

    #[test]
    fn names_are_not_remembered_for_ever() {
        let once = Once::new();
        for n in 0..=REMEMBERED_MAX {
            once.run(&n.to_string(), &"x".to_owned(), || Ok(n)).unwrap();
        }
        assert_eq!(once.state.lock().unwrap().answers.len(), REMEMBERED_MAX);
        assert_eq!(once.run("0", &"other".to_owned(), || Ok(99)).ok(), Some(99));
        once.state.lock().unwrap().forget_old(Instant::now() + REMEMBERED);
        assert_eq!(once.state.lock().unwrap().answers.len(), 0);
    }
}
