//! Results of operations: what a page holds, in which order pages are fetched, and where the rows of a SELECT wait meanwhile.

mod fetcher;
mod result_store;

pub(crate) use fetcher::ResultFetcher;
pub(crate) use result_store::ResultStore;

use std::sync::Arc;

use dataflow::{Batch, JobId, RowType};
use expr::Zone;

/// Whether a statement has something to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultKind {
    Success,
    SuccessWithContent,
}

impl ResultKind {
    /// Flink's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ResultKind::Success => "SUCCESS",
            ResultKind::SuccessWithContent => "SUCCESS_WITH_CONTENT",
        }
    }
}

/// What holds for all pages of a result.
#[derive(Debug)]
pub(crate) struct ResultHead {
    pub(crate) columns: RowType,
    pub(crate) kind: ResultKind,
    /// Whether it is a SELECT, whose rows come while it runs.
    pub(crate) is_query: bool,
    pub(crate) job: Option<JobId>,
    /// The session's time zone when the statement was run.
    pub(crate) zone: Zone,
}

/// Some rows of a result.
#[derive(Debug, Clone)]
pub(crate) enum Page {
    /// Texts, as SHOW, DESCRIBE and EXPLAIN answer; `None` is NULL.
    Texts(Vec<Vec<Option<String>>>),
    /// Rows of a query.
    Batches(Vec<Batch>),
}

impl Page {
    /// No rows.
    pub(crate) fn empty() -> Self {
        Page::Texts(Vec::new())
    }
}

/// What one fetch answers.
#[derive(Debug)]
pub(crate) struct ResultSet {
    pub(crate) head: Arc<ResultHead>,
    pub(crate) page: Page,
    /// The token of the next page; none at the end of the stream.
    pub(crate) next: Option<i64>,
}
