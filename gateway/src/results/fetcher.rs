//! `ResultFetcher`: the pages of one result, by their tokens. A page may be fetched twice, because an answer may get lost on its way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::{Page, ResultHead, ResultSet, ResultStore};
use crate::throwable::Throwable;

/// How long a fetch waits for a first row: shorter than clients notice, and long enough that they do not ask thousands of times a second.
const PATIENCE: Duration = Duration::from_millis(100);

/// The pages of a result.
#[derive(Debug)]
pub(crate) struct ResultFetcher {
    head: Arc<ResultHead>,
    pages: Mutex<Pages>,
}

#[derive(Debug)]
struct Pages {
    source: Source,
    /// The token of the next page.
    token: i64,
    /// The page before it.
    previous: Page,
    ended: bool,
}

#[derive(Debug)]
enum Source {
    /// Rows that are all there; none once they are fetched.
    Ready(Option<Page>),
    /// Rows that come.
    Query(Arc<ResultStore>),
}

impl ResultFetcher {
    /// A result whose rows are all there.
    pub(crate) fn ready(head: ResultHead, rows: Vec<Vec<Option<String>>>) -> Self {
        Self::new(head, Source::Ready((!rows.is_empty()).then_some(Page::Texts(rows))))
    }

    /// The result of a query.
    pub(crate) fn query(head: ResultHead, store: Arc<ResultStore>) -> Self {
        Self::new(head, Source::Query(store))
    }

    fn new(head: ResultHead, source: Source) -> Self {
        let pages = Pages { source, token: 0, previous: Page::empty(), ended: false };
        Self { head: Arc::new(head), pages: Mutex::new(pages) }
    }

    /// The page of this token: the next one, or the one before it again.
    pub(crate) async fn fetch(&self, token: i64) -> Result<ResultSet, Throwable> {
        let mut pages = self.pages.lock().await;
        if token == pages.token {
            if !pages.ended {
                pages.previous = Page::empty();
                match pages.source.next().await? {
                    Some(page) => {
                        pages.previous = page.clone();
                        pages.token += 1;
                        return Ok(self.set(page, Some(pages.token)));
                    }
                    None => pages.ended = true,
                }
            }
            Ok(self.set(Page::empty(), None))
        } else if token >= 0 && token == pages.token - 1 {
            Ok(self.set(pages.previous.clone(), Some(pages.token)))
        } else {
            let expected = match pages.token {
                0 => "0".to_owned(),
                next => format!("{next} or {}", next - 1),
            };
            Err(Throwable::execution(format!("Expecting token to be {expected}, but found {token}.")))
        }
    }

    /// No page will be fetched any more: a query ends.
    pub(crate) async fn close(&self) {
        let mut pages = self.pages.lock().await;
        if let Source::Query(store) = std::mem::replace(&mut pages.source, Source::Ready(None)) {
            store.close();
        }
    }

    fn set(&self, page: Page, next: Option<i64>) -> ResultSet {
        ResultSet { head: self.head.clone(), page, next }
    }
}

impl Source {
    /// The next page, which is without rows when a query has none yet; none at the end.
    async fn next(&mut self) -> Result<Option<Page>, Throwable> {
        match self {
            Source::Ready(page) => Ok(page.take()),
            Source::Query(store) => Ok(store.take(PATIENCE).await?.map(Page::Batches)),
        }
    }
}

#[cfg(test)]
mod tests {
    use dataflow::RowType;
    use expr::Zone;

    use super::*;
    use crate::results::ResultKind;

    fn head() -> ResultHead {
        let columns = RowType::new(Vec::new());
        ResultHead { columns, kind: ResultKind::Success, is_query: false, job: None, zone: Zone::UTC }
    }

    fn rows(set: &ResultSet) -> usize {
        match &set.page {
            Page::Texts(rows) => rows.len(),
            Page::Batches(batches) => batches.len(),
        }
    }

    #[tokio::test]
    async fn a_page_may_be_fetched_again_and_no_other() {
        let fetcher = ResultFetcher::ready(head(), vec![vec![Some("OK".to_owned())]]);
        let refused = fetcher.fetch(5).await.unwrap_err();
        assert!(refused.to_string().ends_with("Expecting token to be 0, but found 5."), "{refused}");
        for _ in 0..2 {
            let set = fetcher.fetch(0).await.unwrap();
            assert_eq!((rows(&set), set.next), (1, Some(1)));
        }
        for _ in 0..2 {
            let set = fetcher.fetch(1).await.unwrap();
            assert_eq!((rows(&set), set.next), (0, None));
        }
        let again = fetcher.fetch(0).await.unwrap();
        assert_eq!((rows(&again), again.next), (0, Some(1)), "what came before the end has been let go");
        let refused = fetcher.fetch(2).await.unwrap_err();
        assert!(refused.to_string().ends_with("Expecting token to be 1 or 0, but found 2."), "{refused}");
    }

    #[tokio::test]
    async fn an_empty_result_ends_at_once() {
        let set = ResultFetcher::ready(head(), Vec::new()).fetch(0).await.unwrap();
        assert_eq!((rows(&set), set.next), (0, None));
    }
}
