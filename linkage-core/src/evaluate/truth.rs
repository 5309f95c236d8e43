//! Who really belongs together, and a partition to hold against it.

use rustc_hash::FxHashMap;

use super::EvaluateError;

/// Labelled accounts: every account belongs to exactly one entity.
///
/// Keys are interned once; everything measured later runs on dense indices. About 100 bytes per account
/// beside the keys themselves.
#[derive(Clone, Debug)]
pub struct Truth {
    keys: Vec<String>,
    index: FxHashMap<String, u32>,
    entity: Vec<u32>,
    entity_size: Vec<u32>,
}

/// The labelled accounts divided into networks. Made by [`Truth::partition`], [`Truth::closure`] or
/// [`Truth::link_nobody`], and only to be measured against the truth that made it.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Network of each labelled account, dense from 0.
    pub(super) network: Vec<u32>,
    /// Accounts of the partition that the truth does not label; they take no part in any measure.
    pub(super) unlabelled: u64,
    /// Labelled accounts that the partition does not name; each is taken as a network of its own.
    pub(super) unplaced: u64,
}

impl Truth {
    /// Reads `account, entity` rows, in any order; a row may be repeated. O(rows).
    ///
    /// # Errors
    ///
    /// [`EvaluateError::EmptyTruth`] without a row, [`EvaluateError::TwoEntities`] for an account with two
    /// entities, [`EvaluateError::TooManyAccounts`] beyond 2³² − 2 accounts.
    ///
    /// # Examples
    ///
    /// ```
    /// use linkage_core::evaluate::{Truth, measure_networks};
    ///
    /// let truth = Truth::new([("ebay_uk/a", "wang"), ("temu/b", "wang"), ("temu/c", "li")])?;
    /// let found = truth.partition([("ebay_uk/a", "n1"), ("temu/b", "n1"), ("temu/c", "n2")])?;
    /// assert_eq!(measure_networks(&truth, &found).pairs.f1(), Some(1.0));
    /// # Ok::<(), linkage_core::evaluate::EvaluateError>(())
    /// ```
    pub fn new<A, E>(rows: impl IntoIterator<Item = (A, E)>) -> Result<Self, EvaluateError>
    where
        A: AsRef<str>,
        E: AsRef<str>,
    {
        let mut truth = Self { keys: vec![], index: FxHashMap::default(), entity: vec![], entity_size: vec![] };
        let mut entities: FxHashMap<String, u32> = FxHashMap::default();
        for (account, entity) in rows {
            let entity = intern(&mut entities, entity.as_ref())?;
            match truth.index.get(account.as_ref()) {
                Some(&at) if truth.entity[at as usize] == entity => {}
                Some(_) => return Err(EvaluateError::TwoEntities { account: account.as_ref().to_owned() }),
                None => truth.add(account.as_ref(), entity)?,
            }
        }
        if truth.keys.is_empty() { Err(EvaluateError::EmptyTruth) } else { Ok(truth) }
    }

    /// Number of labelled accounts, at least 1.
    pub fn accounts(&self) -> u64 {
        self.keys.len() as u64
    }

    /// Number of entities, at least 1.
    pub fn entities(&self) -> u64 {
        self.entity_size.len() as u64
    }

    /// Number of unordered pairs of accounts of one entity.
    pub fn true_pairs(&self) -> u64 {
        self.entity_size.iter().map(|&size| pairs_of(u64::from(size))).sum()
    }

    /// Reads the `account, network` rows of a partition, in any order; a row may be repeated.
    ///
    /// Accounts without label are left out of all measures, labelled accounts that are not named count as
    /// networks of their own; both are counted. O(rows).
    ///
    /// # Errors
    ///
    /// [`EvaluateError::TwoNetworks`] for a labelled account in two networks.
    pub fn partition<A, N>(&self, rows: impl IntoIterator<Item = (A, N)>) -> Result<Partition, EvaluateError>
    where
        A: AsRef<str>,
        N: AsRef<str>,
    {
        let mut networks: FxHashMap<String, u32> = FxHashMap::default();
        let mut network = vec![u32::MAX; self.keys.len()];
        let mut unlabelled = 0;
        for (account, id) in rows {
            let Some(at) = self.position(account.as_ref()) else {
                unlabelled += 1;
                continue;
            };
            let id = intern(&mut networks, id.as_ref())?;
            let place = &mut network[at as usize];
            if *place != u32::MAX && *place != id {
                return Err(EvaluateError::TwoNetworks { account: account.as_ref().to_owned() });
            }
            *place = id;
        }
        Ok(place_the_rest(network, networks.len(), unlabelled))
    }

    /// Joins the two accounts of every pair, and whoever hangs together by them: the partition that plain
    /// transitive closure gives. Pairs with an account that is not labelled are left out and counted. O(pairs).
    pub fn closure<A, B>(&self, pairs: impl IntoIterator<Item = (A, B)>) -> Partition
    where
        A: AsRef<str>,
        B: AsRef<str>,
    {
        let mut union = petgraph::unionfind::UnionFind::<u32>::new(self.keys.len());
        let mut unlabelled = 0;
        for (left, right) in pairs {
            match (self.position(left.as_ref()), self.position(right.as_ref())) {
                (Some(left), Some(right)) => {
                    union.union(left, right);
                }
                _ => unlabelled += 1,
            }
        }
        let mut dense: FxHashMap<u32, u32> = FxHashMap::default();
        let mut network = Vec::with_capacity(self.keys.len());
        for root in union.into_labeling() {
            let next = dense.len() as u32;
            network.push(*dense.entry(root).or_insert(next));
        }
        Partition { network, unlabelled, unplaced: 0 }
    }

    /// Every account alone: what a tool that never links would answer.
    pub fn link_nobody(&self) -> Partition {
        Partition { network: (0..self.keys.len() as u32).collect(), unlabelled: 0, unplaced: 0 }
    }

    /// Dense index of a labelled account.
    pub(super) fn position(&self, account: &str) -> Option<u32> {
        self.index.get(account).copied()
    }

    /// Key at a dense index.
    pub(super) fn key(&self, at: u32) -> &str {
        &self.keys[at as usize]
    }

    /// Entity of every account, dense from 0.
    pub(super) fn entity(&self) -> &[u32] {
        &self.entity
    }

    /// Number of accounts of every entity.
    pub(super) fn entity_size(&self) -> &[u32] {
        &self.entity_size
    }

    fn add(&mut self, account: &str, entity: u32) -> Result<(), EvaluateError> {
        let at = next_index(self.keys.len())?;
        self.keys.push(account.to_owned());
        self.index.insert(account.to_owned(), at);
        self.entity.push(entity);
        if self.entity_size.len() <= entity as usize {
            self.entity_size.resize(entity as usize + 1, 0);
        }
        self.entity_size[entity as usize] += 1;
        Ok(())
    }
}

/// Unordered pairs among `n` things.
pub(super) fn pairs_of(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

fn intern(ids: &mut FxHashMap<String, u32>, name: &str) -> Result<u32, EvaluateError> {
    if let Some(&id) = ids.get(name) {
        return Ok(id);
    }
    let id = next_index(ids.len())?;
    ids.insert(name.to_owned(), id);
    Ok(id)
}

/// `u32::MAX` is kept free: it stands for "not placed yet".
fn next_index(len: usize) -> Result<u32, EvaluateError> {
    u32::try_from(len).ok().filter(|&id| id != u32::MAX).ok_or(EvaluateError::TooManyAccounts)
}

fn place_the_rest(mut network: Vec<u32>, used: usize, unlabelled: u64) -> Partition {
    let unplaced_accounts = network.iter_mut().filter(|place| **place == u32::MAX);
    let mut unplaced = 0;
    for (own, place) in (used as u32..).zip(unplaced_accounts) {
        *place = own;
        unplaced += 1;
    }
    Partition { network, unlabelled, unplaced }
}
