//! Measurements: labelled data sets in, figures out.
//!
//! ```text
//! mappings/*.json ─► sets::Mapping ─┐
//! folder of data ───────────────────┴─► sets::Set (records + truth) ─► linker ─► linkage_core::evaluate
//!                                                                 └──► closure (what a ten-line script finds)
//! ```
//!
//! - [`sets`] turns the columns of somebody's file into our records, by a mapping that is data.
//! - [`dates`] and [`values`] read the odd spellings found in such columns.
//! - [`persons`] makes as many records as throughput is to be measured on, [`machine`] reads what that cost.
//! - [`figures`] fits thresholds of yes-or-no answers and prints lines; [`titles`] draws titles in which brands are disguised.
//! - [`engine`] links under the default configuration; [`worlds`] makes simulated worlds and measures what anybody made of them;
//!   [`replay`] lives through one in order of time; [`minimal`] holds what `explain` calls minimal evidence to its definition.
//! - [`goals`] holds what everybody made of simulated worlds against the numbers asked for.
//! - [`closure`] is the baseline: whoever shares an exact value is the same.
//!
//! **Invariant:** a mapping says which column is which field and nothing else: no threshold, no weight, no list of
//! values of one set.

pub mod closure;
pub mod dates;
pub mod engine;
pub mod figures;
pub mod goals;
pub mod machine;
pub mod minimal;
pub mod persons;
pub mod replay;
pub mod sets;
pub mod titles;
pub mod values;
pub mod worlds;
