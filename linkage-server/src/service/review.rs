//! Judgements: adding, undoing, listing.

use std::sync::Arc;

use jiff::Timestamp;
use linkage_core::ledger::{JudgementId, NewJudgement, Verdict};
use linkage_core::record::{AccountKey, FieldError};
use linkage_proto::proto;
use tonic::Status;

use super::page::{self, PageTokens};
use super::{Service, account_key, note_request_id};
use crate::engine::Engine;
use crate::{answer, status};

/// Judgements on a page, and the most of them.
const PAGE_USUAL: usize = 100;
const PAGE_MAX: usize = 1000;

impl<E: Engine> Service<E> {
    pub(super) async fn add_review(&self, request: proto::ReviewRequest) -> Result<proto::ReviewResponse, Status> {
        note_request_id(&request.request_id)?;
        let (left, right) = (account_key("left", &request.left)?, account_key("right", &request.right)?);
        let verdict = verdict(request.verdict)?;
        let once = Arc::clone(&self.reviewed);
        let outcome = self.ask(move |engine| {
            once.run(&request.request_id, &request, || {
                let at = Timestamp::now();
                let (note, by) = (request.note.clone(), request.by.clone());
                let field = |unknown: &AccountKey| if *unknown == left { "left" } else { "right" };
                let judgement = NewJudgement { left: left.clone(), right: right.clone(), verdict, note, by, at };
                engine.review(judgement).map(answer::reviewed).map_err(|e| status::linker(&e, field))
            })
        });
        Ok(proto::ReviewResponse { outcome: Some(outcome.await?) })
    }

    pub(super) async fn undo(&self, request: proto::UndoReviewRequest) -> Result<proto::UndoReviewResponse, Status> {
        note_request_id(&request.request_id)?;
        if request.by.trim().is_empty() {
            return Err(status::invalid(&FieldError::new("by", "the name of who judges")));
        }
        let once = Arc::clone(&self.reviewed);
        let outcome = self.ask(move |engine| {
            once.run(&request.request_id, &request, || {
                let undone = engine.undo_review(JudgementId(request.id), &request.by);
                undone.map(answer::reviewed).map_err(|e| status::linker(&e, |_| "id"))
            })
        });
        Ok(proto::UndoReviewResponse { outcome: Some(outcome.await?) })
    }

    pub(super) async fn reviews_page(
        &self,
        request: proto::ListReviewsRequest,
    ) -> Result<proto::ListReviewsResponse, Status> {
        let size = page::size(request.page_size, PAGE_USUAL, PAGE_MAX)?;
        let account = Some(request.account.as_str()).filter(|account| !account.is_empty());
        let account = account.map(|account| account_key("account", account)).transpose()?;
        let pages = PageTokens::of(self.engine.intake(), "ListReviews", &[&request.account]);
        let after = pages.place(&request.page_token)?;
        let after =
            after.map(|after| after.parse().map(JudgementId).map_err(|_| status::foreign_token())).transpose()?;
        self.ask(move |engine| {
            let reviews = engine.reviews(account.as_ref(), after, size + 1);
            let mut reviews = reviews.map_err(|e| status::linker(&e, |_| "account"))?;
            let is_last = reviews.len() <= size;
            reviews.truncate(size);
            let last = reviews.last().filter(|_| !is_last);
            let next_page_token = last.map(|last| pages.token(&last.id.to_string())).unwrap_or_default();
            Ok(proto::ListReviewsResponse {
                reviews: reviews.into_iter().map(answer::review).collect(),
                next_page_token,
            })
        })
        .await
    }
}

fn verdict(number: i32) -> Result<Verdict, Status> {
    match proto::Verdict::try_from(number) {
        Ok(proto::Verdict::Same) => Ok(Verdict::Same),
        Ok(proto::Verdict::Different) => Ok(Verdict::Different),
        Ok(proto::Verdict::Related) => Ok(Verdict::Related),
        Ok(proto::Verdict::Unsure) => Ok(Verdict::Unsure),
        Ok(proto::Verdict::Unspecified) | Err(_) => {
            Err(status::invalid(&FieldError::new("verdict", "SAME, DIFFERENT, RELATED or UNSURE")))
        }
    }
}
