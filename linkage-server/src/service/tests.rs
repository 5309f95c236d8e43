//! The service over a real connection, on an engine made for the test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use jiff::Timestamp;
use linkage_core::explain::{Counterfactual, Explanation, Line};
use linkage_core::ledger::{
    AccountId, AnyRecord, ChangeKind, ChangeNumber, ImportCounts, JudgementId, KindCounts, LedgerError, NewJudgement,
};
use linkage_core::linker::{
    AccountChange, Found, FoundKind, Link, LinkerError, NetworkFilter, NetworkId, NetworkStory, NetworkSummary,
    NetworksPage, Related, Relation, Resolution, Review, ReviewOutcome, Status as Answer, StoryMember, StrikeCount,
};
use linkage_core::record::{Account, AccountKey, Intake, Listing};
use linkage_core::rules::RuleSet;
use linkage_core::score::Band;
use linkage_proto::proto;
use linkage_proto::proto::ingest_request::Record;
use linkage_proto::proto::linkage_service_client::LinkageServiceClient;
use tokio::sync::oneshot;
use tokio_stream::StreamExt;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::Config;
use crate::engine::{Engine, Ingested, Records};

/// Answers by the id of the account: `unknown`, `slow`, `busy`, `broken`, `panic`, and the rest plainly.
struct Fake {
    intake: Intake,
    stored: Arc<Mutex<Vec<usize>>>,
    /// How many changes the log has; the first 10 are no longer kept.
    changes: Arc<Mutex<u64>>,
    reviews: Mutex<Vec<Review>>,
}

fn key(text: &str) -> AccountKey {
    AccountKey::parse(text).unwrap()
}

fn behave(account: &AccountKey) -> Result<(), LinkerError> {
    match account.account_id() {
        "unknown" => Err(LinkerError::UnknownAccount(account.clone())),
        "busy" => Err(LedgerError::Busy.into()),
        "broken" => Err(LinkerError::Derived("edges")),
        "panic" => panic!("a bug"),
        "slow" => {
            std::thread::sleep(Duration::from_millis(1500));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn explanation() -> Explanation {
    Explanation {
        epoch: 3,
        prior_bits: -20.0,
        terms: vec![Line {
            kind: "PHONE",
            group: "CONTACT",
            level: "EXACT",
            sentence: "The same telephone number.",
            bits: 28.0,
            one_in: Some(4.0),
            counted: true,
            left_seen: None,
            right_seen: None,
            cites: None,
        }],
        weight_bits: 8.0,
        probability: 0.996,
        band: "LEAD",
        groups: 1,
        identity_contested: true,
        minimal: vec!["PHONE"],
        without: vec![Counterfactual { kind: "PHONE", weight_bits: -20.0, band: "NONE" }],
        relation: Some(Relation::SameOperator),
        related_probability: 0.000_1,
        tie: None,
    }
}

impl Engine for Fake {
    fn intake(&self) -> &Intake {
        &self.intake
    }

    fn ingest(&self, records: Records<'_>, _link: bool) -> Result<Ingested, LinkerError> {
        let mut taken = Vec::new();
        while let Some(batch) = records()? {
            let contradiction = |record: &AnyRecord| matches!(record, AnyRecord::Account(account) if account.key.account_id() == "contradiction");
            if let Some(at) = batch.iter().position(contradiction) {
                return Err(LinkerError::Contradiction {
                    file: "records".into(),
                    line: (taken.iter().sum::<usize>() + at + 1) as u64,
                    account: key("p/contradiction"),
                    observed_at: Timestamp::UNIX_EPOCH,
                });
            }
            taken.push(batch.len());
        }
        let new = taken.iter().sum::<usize>() as u64;
        self.stored.lock().unwrap().extend(taken);
        let accounts = KindCounts { new, unchanged: 0 };
        Ok(Ingested { epoch: 3, counts: ImportCounts { accounts, ..ImportCounts::default() }, accounts_waiting: new })
    }

    fn resolve(
        &self,
        accounts: Vec<Account>,
        _listings: Vec<Listing>,
        _store: bool,
    ) -> Result<Vec<Resolution>, LinkerError> {
        let resolution = |account: Account| {
            behave(&account.key).map(|()| Resolution {
                account: account.key.to_string(),
                band: "LEAD",
                probability: 0.996,
                network: Some(NetworkId(7)),
                nearest: Some("ebay_uk/a".into()),
                reasons: Some(explanation()),
                related: Vec::new(),
                epoch: 3,
            })
        };
        accounts.into_iter().map(resolution).collect()
    }

    fn check(&self, account: &AccountKey, as_of: Option<Timestamp>, rules: &RuleSet) -> Result<Answer, LinkerError> {
        behave(account)?;
        let count = |of: &str, strikes| StrikeCount { of: of.to_owned(), strikes };
        Ok(Answer {
            answer: "YES",
            reason: format!("Three strikes as of {as_of:?}."),
            network: Some(NetworkId(7)),
            accounts: 3,
            strikes: 4,
            strike_days: 3,
            platforms: vec!["ebay_uk".into()],
            first: Some("2024-01-01".into()),
            last: Some("2024-02-01".into()),
            epoch: 3,
            rules: rules.name.clone(),
            rules_version: rules.version.clone(),
            rule: Some("three-days".into()),
            rule_sentence: None,
            days_missing: 0,
            rights_holders_missing: 0,
            strikes_by_right: vec![count("NOT_SAID", 1), count("TRADE_MARK", 3)],
            strikes_by_platform: vec![count("ebay_uk", 4)],
        })
    }

    fn explain(&self, left: &AccountKey, right: &AccountKey) -> Result<Explanation, LinkerError> {
        behave(left)?;
        behave(right)?;
        Ok(explanation())
    }

    fn prepare(&self) -> Result<(), LinkerError> {
        Ok(())
    }

    fn network(&self, id: NetworkId, band: Band) -> Result<NetworkStory, LinkerError> {
        if id != NetworkId(7) && id != NetworkId(9) {
            return Err(LinkerError::UnknownNetwork(id));
        }
        let member = |account: &str| StoryMember {
            account: key(account),
            platform: "p".into(),
            display_name: None,
            probability: 0.99,
            opened_at: None,
            closed_at: None,
            first_seen_at: Timestamp::UNIX_EPOCH,
            last_seen_at: Timestamp::UNIX_EPOCH,
            sources: vec![],
            listings: 0,
            enforcements: 0,
            strikes: 0,
        };
        let link = |left: &str, right: &str| Link {
            left: key(left),
            right: key(right),
            relation: Relation::SameOperator,
            tie: None,
            probability: 0.99,
            weight_bits: 12.5,
            band: Band::Act,
        };
        Ok(NetworkStory {
            network_id: NetworkId(7),
            redirected_from: Some(id).filter(|id| *id != NetworkId(7)),
            band,
            epoch: 3,
            platforms: vec!["p".into()],
            members: vec![member("p/a"), member("p/b"), member("p/c")],
            timeline: vec![],
            returns: vec![],
            links: vec![link("p/a", "p/b"), link("p/b", "p/c")],
            weakest: None,
            neighbours: vec![],
            related: vec![Related {
                network_id: NetworkId(9),
                pairs: 2,
                link: link("p/a", "q/z"),
                sentence: "they give one telephone number that many give, such as an agent's",
            }],
            related_left_out: 0,
        })
    }

    fn networks(
        &self,
        after: Option<NetworkId>,
        filter: &NetworkFilter,
        networks_max: usize,
    ) -> Result<NetworksPage, LinkerError> {
        let start = after.map_or(1, |NetworkId(after)| after + 1);
        let summary = |id| NetworkSummary {
            id: NetworkId(id),
            accounts: filter.accounts_min,
            platforms: filter.platform.iter().cloned().collect(),
            first_account: key("p/a"),
        };
        let networks: Vec<NetworkSummary> = (start..=5).take(networks_max).map(summary).collect();
        let next = networks.last().map(|last| last.id).filter(|last| last.0 < 5);
        Ok(NetworksPage { networks, next, epoch: 3 })
    }

    fn search(&self, text: &str, kinds: &[FoundKind], limit: usize) -> Result<Vec<Found>, LinkerError> {
        linkage_core::search::Query::new(text)?;
        let found = |n| Found {
            kind: kinds[0],
            id: format!("p/{n}"),
            account: None,
            network: None,
            field: "display_name",
            value: text.to_owned(),
            score: 1.0,
        };
        Ok((0..300).take(limit).map(found).collect())
    }

    fn review(&self, judgement: NewJudgement) -> Result<ReviewOutcome, LinkerError> {
        behave(&judgement.left)?;
        behave(&judgement.right)?;
        let mut reviews = self.reviews.lock().unwrap();
        let NewJudgement { left, right, verdict, note, by, at } = judgement;
        let review = Review {
            id: reviews.len() as u64,
            left,
            right,
            verdict,
            note,
            by,
            at,
            undone_by: None,
            undone_at: None,
            stands: true,
            effect: "they count as one operator, whatever the score",
        };
        reviews.push(review.clone());
        Ok(ReviewOutcome { review, band: Band::Lead, together: true, moved: vec![] })
    }

    fn undo_review(&self, JudgementId(id): JudgementId, by: &str) -> Result<ReviewOutcome, LinkerError> {
        let mut reviews = self.reviews.lock().unwrap();
        let review = reviews.get_mut(id as usize).ok_or(LedgerError::UnknownJudgement { id })?;
        if review.undone_by.replace(by.to_owned()).is_some() {
            return Err(LedgerError::AlreadyUndone { id }.into());
        }
        Ok(ReviewOutcome { review: review.clone(), band: Band::Lead, together: false, moved: vec![] })
    }

    fn reviews(
        &self,
        account: Option<&AccountKey>,
        after: Option<JudgementId>,
        reviews_max: usize,
    ) -> Result<Vec<Review>, LinkerError> {
        let reviews = self.reviews.lock().unwrap();
        let all = reviews.iter().filter(|review| account.is_none_or(|account| review.left == *account));
        Ok(all.filter(|review| after.is_none_or(|after| after.0 < review.id)).take(reviews_max).cloned().collect())
    }

    fn store_id(&self) -> &str {
        "00112233445566778899aabbccddeeff"
    }

    fn last_change(&self) -> Result<ChangeNumber, LinkerError> {
        Ok(ChangeNumber(*self.changes.lock().unwrap()))
    }

    fn changes(&self, after: ChangeNumber, changes_max: usize) -> Result<Option<Vec<AccountChange>>, LinkerError> {
        let last = *self.changes.lock().unwrap();
        if after.0 < 10 || last < after.0 {
            return Ok(None);
        }
        let change = |number| AccountChange {
            number: ChangeNumber(number),
            at: Timestamp::UNIX_EPOCH,
            kind: ChangeKind::New,
            account: Some(key(&format!("p/{number}"))),
            account_ref: format!("{:?}", AccountId(number as u32)),
            network: None,
        };
        Ok(Some((after.0 + 1..=last).take(changes_max).map(change).collect()))
    }
}

/// A service that runs, and ends with the test.
struct Running {
    address: SocketAddr,
    client: LinkageServiceClient<Channel>,
    stored: Arc<Mutex<Vec<usize>>>,
    changes: Arc<Mutex<u64>>,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

async fn start(config: Config) -> Running {
    let stored = Arc::new(Mutex::new(Vec::new()));
    let changes = Arc::new(Mutex::new(10));
    let engine = Fake {
        intake: Intake::new([7; 32]),
        stored: Arc::clone(&stored),
        changes: Arc::clone(&changes),
        reviews: Mutex::default(),
    };
    let config = Config { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..config };
    let (stop, stopped) = oneshot::channel::<()>();
    let (listening, address) = oneshot::channel();
    let ended = tokio::spawn(async move {
        let stop = async move { drop(stopped.await) };
        crate::server::serve(config, engine, stop, |address| listening.send(address).unwrap()).await.unwrap();
    });
    let address = address.await.unwrap();
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    Running { address, client: LinkageServiceClient::new(channel), stored, changes, stop: Some(stop), ended }
}

async fn started() -> Running {
    start(Config::default()).await
}

fn account(id: &str) -> proto::Account {
    proto::Account {
        platform: "p".into(),
        account_id: id.into(),
        observed_at: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        ..proto::Account::default()
    }
}

fn ingest_of(record: proto::Account) -> proto::IngestRequest {
    proto::IngestRequest { request_id: "r-1".into(), link: false, record: Some(Record::Account(record)) }
}

fn check_of(id: &str) -> proto::CheckRequest {
    proto::CheckRequest { account: format!("p/{id}"), as_of: None }
}

/// A status with its details, as a caller sees it.
fn shown(status: &Status) -> String {
    let details = status.get_error_details();
    let mut shown = format!("{:?}: {}", status.code(), status.message());
    for violation in details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default() {
        shown.push_str(&format!("\nfield {}: {}", violation.field, violation.description));
    }
    if let Some(resource) = details.resource_info() {
        shown.push_str(&format!("\nresource {} {}", resource.resource_type, resource.resource_name));
    }
    if let Some(retry) = details.retry_info() {
        shown.push_str(&format!("\nretry after {:?}", retry.retry_delay));
    }
    shown
}

#[track_caller]
fn check<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, Status>, expected: Expect) {
    match answer {
        Ok(answer) => expected.assert_eq(&format!("{:#?}", answer.into_inner())),
        Err(status) => expected.assert_eq(&shown(&status)),
    }
}

#[tokio::test]
async fn a_stream_of_records_is_taken_in_batches() {
    let mut running = started().await;
    let records: Vec<_> = (0..1200).map(|n| ingest_of(account(&n.to_string()))).collect();
    let answer = running.client.ingest(tokio_stream::iter(records)).await.unwrap().into_inner();
    assert_eq!((answer.request_id.as_str(), answer.epoch, answer.accounts_waiting), ("r-1", 3, 1200));
    assert_eq!(*running.stored.lock().unwrap(), [512, 512, 176]);
}

#[tokio::test]
async fn an_empty_stream_is_nothing_to_do() {
    let mut running = started().await;
    let answer = running.client.ingest(tokio_stream::empty()).await.unwrap().into_inner();
    assert_eq!(answer.accounts, Some(proto::RecordCounts { added: 0, unchanged: 0 }));
}

#[tokio::test]
async fn a_bad_record_refuses_its_stream_and_names_the_field() {
    let mut running = started().await;
    let persons = vec![proto::Person { birth_date: "2024-02-30".into(), ..proto::Person::default() }];
    let bad = proto::Account { persons, ..account("x") };
    let records = vec![ingest_of(account("a")), ingest_of(bad), ingest_of(account("b"))];
    check(
        running.client.ingest(tokio_stream::iter(records)).await,
        expect![[r#"
        InvalidArgument: records[1].account.persons[0].birth_date: expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one
        field records[1].account.persons[0].birth_date: expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one"#]],
    );
    let empty = vec![proto::IngestRequest::default()];
    check(
        running.client.ingest(tokio_stream::iter(empty)).await,
        expect![[r#"
        InvalidArgument: records[0]: expected an account, a listing or an enforcement
        field records[0]: expected an account, a listing or an enforcement"#]],
    );
    assert!(running.stored.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_record_that_contradicts_the_store_is_named_by_its_place() {
    let mut running = started().await;
    let mut records: Vec<_> = (0..600).map(|n| ingest_of(account(&n.to_string()))).collect();
    records.push(ingest_of(account("contradiction")));
    check(
        running.client.ingest(tokio_stream::iter(records)).await,
        expect![[r#"
        AlreadyExists: records[600]: expected the content stored for this observation; a change is a later observation
        field records[600]: expected the content stored for this observation; a change is a later observation"#]],
    );
}

#[tokio::test]
async fn a_stream_that_is_given_up_stores_nothing_and_makes_way() {
    let mut running = started().await;
    let endless = tokio_stream::iter(vec![ingest_of(account("a"))]).chain(tokio_stream::pending());
    let mut client = running.client.clone();
    let given_up = tokio::time::timeout(Duration::from_millis(300), client.ingest(endless)).await;
    assert!(given_up.is_err());
    let next = running.client.ingest(tokio_stream::iter(vec![ingest_of(account("b"))])).await.unwrap();
    assert_eq!(next.into_inner().accounts_waiting, 1);
    assert_eq!(*running.stored.lock().unwrap(), [1]);
}

#[tokio::test]
async fn a_stream_whose_connection_breaks_stores_nothing() {
    let mut running = started().await;
    let address = running.address;
    let process = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
            let endless = tokio_stream::iter(vec![ingest_of(account("a"))]).chain(tokio_stream::pending());
            let mut client = LinkageServiceClient::new(channel);
            let broken = tokio::time::timeout(Duration::from_millis(300), client.ingest(endless)).await;
            // Without a word to the server: the runtime ends with the connection in it.
            std::mem::forget(broken);
        });
    });
    tokio::task::spawn_blocking(move || process.join().unwrap()).await.unwrap();
    running.client.ingest(tokio_stream::iter(vec![ingest_of(account("b"))])).await.unwrap();
    assert_eq!(*running.stored.lock().unwrap(), [1]);
}

#[tokio::test]
async fn a_stream_that_pauses_too_long_is_ended() {
    let mut running = start(Config { ingest_idle_seconds_max: 1, ..Config::default() }).await;
    let endless = tokio_stream::iter(vec![ingest_of(account("a"))]).chain(tokio_stream::pending());
    check(
        running.client.ingest(endless).await,
        expect!["DeadlineExceeded: no message within 1 seconds; nothing of the stream is stored"],
    );
}

#[tokio::test]
async fn a_second_stream_waits_for_the_first_but_not_for_ever() {
    let mut running = start(Config { ingest_wait_seconds_max: 1, ..Config::default() }).await;
    let mut client = running.client.clone();
    let endless = tokio_stream::iter(vec![ingest_of(account("a"))]).chain(tokio_stream::pending());
    let first = tokio::spawn(async move { client.ingest(endless).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    check(
        running.client.ingest(tokio_stream::iter(vec![ingest_of(account("b"))])).await,
        expect![[r#"
        Unavailable: another import, forget or link is under way; try again
        retry after Some(1s)"#]],
    );
    first.abort();
}

#[tokio::test]
async fn a_stream_has_a_limit() {
    let mut running = start(Config { ingest_records_max: 2, ..Config::default() }).await;
    let records: Vec<_> = (0..3).map(|n| ingest_of(account(&n.to_string()))).collect();
    check(
        running.client.ingest(tokio_stream::iter(records)).await,
        expect![[r#"
        InvalidArgument: records: expected at most 2 records in a stream
        field records: expected at most 2 records in a stream"#]],
    );
}

#[tokio::test]
async fn resolve_answers_for_each_account() {
    let mut running = started().await;
    let request = proto::ResolveRequest { accounts: vec![account("x")], ..proto::ResolveRequest::default() };
    check(
        running.client.resolve(request).await,
        expect![[r#"
            ResolveResponse {
                epoch: 3,
                resolutions: [
                    Resolution {
                        account: "p/x",
                        network_id: "N000007",
                        probability: 0.996,
                        band: Lead,
                        best_account: "ebay_uk/a",
                        reasons: [
                            Term {
                                kind: "PRIOR",
                                evidence_group: "PRIOR",
                                level: "",
                                sentence: "Odds that two accounts taken at random have one operator.",
                                bits: -20.0,
                                frequency: None,
                                counted: true,
                            },
                            Term {
                                kind: "PHONE",
                                evidence_group: "CONTACT",
                                level: "EXACT",
                                sentence: "The same telephone number.",
                                bits: 28.0,
                                frequency: Some(
                                    0.25,
                                ),
                                counted: true,
                            },
                        ],
                        identity_contested: true,
                    },
                ],
            }"#]],
    );
}

#[tokio::test]
async fn resolve_refuses_what_it_cannot_place() {
    let mut running = started().await;
    check(
        running.client.resolve(proto::ResolveRequest::default()).await,
        expect![[r#"
        InvalidArgument: accounts: expected 1 to 1000 items
        field accounts: expected 1 to 1000 items"#]],
    );
    let listing = proto::Listing {
        platform: "p".into(),
        listing_id: "1".into(),
        account_id: "other".into(),
        observed_at: account("x").observed_at,
        ..proto::Listing::default()
    };
    let request = proto::ResolveRequest {
        accounts: vec![account("x")],
        listings: vec![listing],
        ..proto::ResolveRequest::default()
    };
    check(
        running.client.resolve(request).await,
        expect![[r#"
        InvalidArgument: listings[0].account_id: expected one of the accounts of the request
        field listings[0].account_id: expected one of the accounts of the request"#]],
    );
    let request = proto::ResolveRequest { accounts: vec![account(""); 1], ..proto::ResolveRequest::default() };
    check(
        running.client.resolve(request).await,
        expect![[r#"
        InvalidArgument: accounts[0].account_id: expected a value, it is required
        field accounts[0].account_id: expected a value, it is required"#]],
    );
    let request = proto::ResolveRequest { accounts: vec![account("x"); 1001], ..proto::ResolveRequest::default() };
    check(
        running.client.resolve(request).await,
        expect![[r#"
        InvalidArgument: accounts: expected 1 to 1000 items
        field accounts: expected 1 to 1000 items"#]],
    );
}

#[tokio::test]
async fn check_and_explain_answer() {
    let mut running = started().await;
    let as_of = Some(prost_types::Timestamp { seconds: 0, nanos: 0 });
    check(
        running.client.check(proto::CheckRequest { account: "p/a".into(), as_of }).await,
        expect![[r#"
            CheckResponse {
                epoch: 3,
                status: Yes,
                reason: "Three strikes as of Some(1970-01-01T00:00:00Z).",
                network_id: "N000007",
                strikes: 4,
                strike_days: 3,
                platforms: [
                    "ebay_uk",
                ],
                first_on: "2024-01-01",
                last_on: "2024-02-01",
                accounts: 3,
                rules: Some(
                    RuleSet {
                        name: "three-strikes",
                        version: "1",
                        rules: [
                            Rule {
                                name: "three-days",
                                sentence: "3 separate days with a strike",
                                strike_days: 3,
                            },
                        ],
                    },
                ),
                rule: "three-days",
                days_missing: 0,
                rights_holders_missing: 0,
                strikes_by_right: [
                    StrikeCount {
                        of: "NOT_SAID",
                        strikes: 1,
                    },
                    StrikeCount {
                        of: "TRADE_MARK",
                        strikes: 3,
                    },
                ],
                strikes_by_platform: [
                    StrikeCount {
                        of: "ebay_uk",
                        strikes: 4,
                    },
                ],
            }"#]],
    );
    let pair = proto::ExplainRequest { left: "p/a".into(), right: "p/b".into() };
    check(
        running.client.explain(pair).await,
        expect![[r#"
            ExplainResponse {
                epoch: 3,
                terms: [
                    Term {
                        kind: "PRIOR",
                        evidence_group: "PRIOR",
                        level: "",
                        sentence: "Odds that two accounts taken at random have one operator.",
                        bits: -20.0,
                        frequency: None,
                        counted: true,
                    },
                    Term {
                        kind: "PHONE",
                        evidence_group: "CONTACT",
                        level: "EXACT",
                        sentence: "The same telephone number.",
                        bits: 28.0,
                        frequency: Some(
                            0.25,
                        ),
                        counted: true,
                    },
                ],
                weight_bits: 8.0,
                probability: 0.996,
                band: Lead,
                relation: SameOperator,
                evidence_groups: 1,
                minimal_kinds: [
                    "PHONE",
                ],
                without: [
                    Counterfactual {
                        kind: "PHONE",
                        weight_bits: -20.0,
                        band: None,
                    },
                ],
                identity_contested: true,
                related_probability: 0.0001,
                tie: "",
            }"#]],
    );
}

#[tokio::test]
async fn accounts_that_do_not_exist_are_named_by_their_field() {
    let mut running = started().await;
    check(
        running.client.check(check_of("unknown")).await,
        expect![[r#"
        NotFound: account: no such account
        resource account account"#]],
    );
    for (left, right, field) in [("p/unknown", "p/b", "left"), ("p/a", "p/unknown", "right")] {
        let pair = proto::ExplainRequest { left: left.into(), right: right.into() };
        let status = running.client.explain(pair).await.unwrap_err();
        assert_eq!(shown(&status), format!("NotFound: {field}: no such account\nresource account {field}"));
    }
}

#[tokio::test]
async fn keys_and_times_without_sense_are_refused() {
    let mut running = started().await;
    check(
        running.client.check(proto::CheckRequest { account: "P/a".into(), as_of: None }).await,
        expect![[r#"
        InvalidArgument: account: expected platform/account_id: platform is 1 to 64 of a-z, 0-9 and _, such as ebay_uk
        field account: expected platform/account_id: platform is 1 to 64 of a-z, 0-9 and _, such as ebay_uk"#]],
    );
    check(
        running.client.check(proto::CheckRequest { account: "a".into(), as_of: None }).await,
        expect![[r#"
        InvalidArgument: account: expected platform/account_id
        field account: expected platform/account_id"#]],
    );
    let as_of = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
    check(
        running.client.check(proto::CheckRequest { account: "p/a".into(), as_of }).await,
        expect![[r#"
        InvalidArgument: as_of: expected a time within the years 1 to 9999, with 0 to 999999999 nanos
        field as_of: expected a time within the years 1 to 9999, with 0 to 999999999 nanos"#]],
    );
    let pair = proto::ExplainRequest { left: "p/a".into(), right: "p/a".into() };
    check(
        running.client.explain(pair).await,
        expect![[r#"
        InvalidArgument: right: expected another account than left
        field right: expected another account than left"#]],
    );
    let request = proto::ResolveRequest {
        request_id: "li wei@example.com".into(),
        accounts: vec![account("x")],
        ..proto::ResolveRequest::default()
    };
    check(
        running.client.resolve(request).await,
        expect![[r#"
        InvalidArgument: request_id: expected at most 64 letters, digits and . _ : -
        field request_id: expected at most 64 letters, digits and . _ : -"#]],
    );
}

#[tokio::test]
async fn a_network_comes_in_pages() {
    let mut running = started().await;
    let mut pages = String::new();
    let mut page_token = String::new();
    loop {
        let request = proto::GetNetworkRequest {
            id: "N000009".into(),
            page_size: 2,
            page_token,
            ..proto::GetNetworkRequest::default()
        };
        let page = running.client.get_network(request).await.unwrap().into_inner();
        let members: Vec<_> = page.members.iter().map(|member| member.account.as_str()).collect();
        let links: Vec<_> = page.links.iter().map(|link| format!("{} {}", link.left, link.right)).collect();
        let related: Vec<_> = page.related.iter().map(|related| related.network_id.as_str()).collect();
        pages.push_str(&format!("{} from {}: {members:?} {links:?} {related:?}\n", page.id, page.redirected_from));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    expect![[r#"
        N000007 from N000009: ["p/a", "p/b"] ["p/a p/b", "p/b p/c"] ["N000009"]
        N000007 from N000009: ["p/c"] [] []
    "#]]
    .assert_eq(&pages);
}

#[tokio::test]
async fn networks_and_pages_that_do_not_exist_are_refused() {
    let mut running = started().await;
    let request = |id: &str, page_size, page_token: &str| proto::GetNetworkRequest {
        id: id.into(),
        page_size,
        page_token: page_token.into(),
        ..proto::GetNetworkRequest::default()
    };
    check(
        running.client.get_network(request("N000001", 0, "")).await,
        expect![[r#"
        NotFound: id: no such network
        resource network id"#]],
    );
    check(
        running.client.get_network(request("", 0, "")).await,
        expect![[r#"
        InvalidArgument: id: expected the name of a network, such as N000123
        field id: expected the name of a network, such as N000123"#]],
    );
    check(
        running.client.get_network(request("N000007", -1, "")).await,
        expect![[r#"
        InvalidArgument: page_size: expected 0 or more
        field page_size: expected 0 or more"#]],
    );
    check(
        running.client.get_network(request("N000007", 0, "?")).await,
        expect![[r#"
        InvalidArgument: page_token: expected the next_page_token of the page before, with the other fields as they were
        field page_token: expected the next_page_token of the page before, with the other fields as they were"#]],
    );
}

#[tokio::test]
async fn failures_of_the_store_are_not_told_to_the_caller() {
    let mut running = started().await;
    check(
        running.client.check(check_of("broken")).await,
        expect!["Internal: the store failed; the operator's log says why"],
    );
    check(
        running.client.check(check_of("busy")).await,
        expect![[r#"
        Unavailable: another import, forget or link is under way; try again
        retry after Some(1s)"#]],
    );
    check(
        running.client.check(check_of("panic")).await,
        expect!["Internal: the request could not be worked on; the operator's log says why"],
    );
}

#[tokio::test]
async fn an_answer_has_a_deadline() {
    let mut running = start(Config { answer_seconds_max: 1, ..Config::default() }).await;
    check(running.client.check(check_of("slow")).await, expect!["DeadlineExceeded: no answer within 1 seconds"]);
}

#[tokio::test]
async fn one_request_too_many_is_told_to_come_back() {
    let mut running = start(Config { working_max: 1, waiting_max: 1, ..Config::default() }).await;
    let slow = || {
        let mut client = running.client.clone();
        tokio::spawn(async move { client.check(check_of("slow")).await })
    };
    let (first, second) = (slow(), slow());
    tokio::time::sleep(Duration::from_millis(300)).await;
    check(
        running.client.check(check_of("a")).await,
        expect![[r#"
        ResourceExhausted: too many requests are waiting; try again
        retry after Some(1s)"#]],
    );
    assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_message_has_a_limit() {
    let mut running = start(Config { message_bytes_max: 10_000, ..Config::default() }).await;
    let account = proto::Account { description: "x".repeat(20_000), ..account("a") };
    let status = running.client.ingest(tokio_stream::iter(vec![ingest_of(account)])).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
}

#[tokio::test]
async fn stopping_lets_requests_end() {
    let mut running = started().await;
    let mut client = running.client.clone();
    let slow = tokio::spawn(async move { client.check(check_of("slow")).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    running.stop.take().unwrap().send(()).unwrap();
    assert!(slow.await.unwrap().is_ok());
    running.ended.await.unwrap();
    assert!(Channel::from_shared(format!("http://{}", running.address)).unwrap().connect().await.is_err());
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let mut running = start(Config { shutdown_seconds_max: 1, ..Config::default() }).await;
    let mut client = running.client.clone();
    let endless = tokio_stream::iter(vec![ingest_of(account("a"))]).chain(tokio_stream::pending());
    let hanging = tokio::spawn(async move { client.ingest(endless).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let start = Instant::now();
    running.stop.take().unwrap().send(()).unwrap();
    running.ended.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    check(
        hanging.await.unwrap(),
        expect![[r#"
        Unavailable: the service is stopping
        retry after Some(1s)"#]],
    );
}

#[tokio::test]
async fn health_is_reported() {
    let running = started().await;
    let channel = Channel::from_shared(format!("http://{}", running.address)).unwrap().connect().await.unwrap();
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    for service in ["", "linkage.v1.LinkageService"] {
        let request = tonic_health::pb::HealthCheckRequest { service: service.into() };
        assert_eq!(health.check(request).await.unwrap().into_inner().status, 1);
    }
}

/// Asks for the services by one version of reflection.
macro_rules! services {
    ($version:ident, $address:expr) => {{
        use tonic_reflection::pb::$version::ServerReflectionRequest;
        use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
        use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
        use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

        let channel = Channel::from_shared(format!("http://{}", $address)).unwrap().connect().await.unwrap();
        let question = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let answers = ServerReflectionClient::new(channel).server_reflection_info(tokio_stream::iter([question])).await;
        let answer = answers.unwrap().into_inner().next().await.unwrap().unwrap();
        match answer.message_response {
            Some(MessageResponse::ListServicesResponse(list)) => {
                let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
                names.sort();
                names
            }
            _ => Vec::new(),
        }
    }};
}

#[tokio::test]
async fn both_versions_of_reflection_know_the_services() {
    let running = started().await;
    expect![[r#"
        grpc.health.v1.Health
        grpc.reflection.v1.ServerReflection
        linkage.v1.LinkageService"#]]
    .assert_eq(&services!(v1, running.address).join("\n"));
    expect![[r#"
        grpc.health.v1.Health
        grpc.reflection.v1alpha.ServerReflection
        linkage.v1.LinkageService"#]]
    .assert_eq(&services!(v1alpha, running.address).join("\n"));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One log for all tests of this binary: tests on other threads write into it too, none of them the secret.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        let filter = tracing_subscriber::EnvFilter::new("info,linkage_server=debug");
        let set = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_env_filter(filter)
            .with_writer(move || writer.clone())
            .try_init();
        assert!(set.is_ok());
        log
    })
}

#[tokio::test]
async fn no_raw_value_reaches_the_log() {
    let log = log();
    let mut running = started().await;
    let secret = || proto::Account {
        account_id: "sesame1".into(),
        display_name: "sesame2".into(),
        emails: vec!["sesame3@example.com".into()],
        ..account("x")
    };
    let wrong = proto::Account { kind: 99, verification: 99, ..secret() };
    for record in [secret(), wrong.clone()] {
        let _ = running.client.ingest(tokio_stream::iter(vec![ingest_of(record.clone())])).await;
        let request = proto::ResolveRequest {
            request_id: "sesame4 sesame5".into(),
            accounts: vec![record],
            ..proto::ResolveRequest::default()
        };
        let _ = running.client.resolve(request).await;
    }
    let _ = running.client.check(proto::CheckRequest { account: "SESAME6/sesame7".into(), as_of: None }).await;
    let request = proto::ResolveRequest {
        request_id: "r-42".into(),
        accounts: vec![secret()],
        ..proto::ResolveRequest::default()
    };
    running.client.resolve(request).await.unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("request_id=\"r-42\"") && text.contains("answered"), "{text}");
    assert!(!text.to_lowercase().contains("sesame"), "{text}");
}

mod streams;
