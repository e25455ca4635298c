//! `DurableCatalogs`: keeps the catalogs of type `jobmanager` of one session the same as what the JobManager has.
//!
//! Before a statement the session gets what others have changed; after it what it has changed goes to the JobManager, if nobody was faster.

use std::collections::BTreeMap;

use common::config::options;
use sql::catalog::CatalogError;

use crate::cluster::{Cluster, KeptCatalog};
use crate::throwable::Throwable;

/// Where `CREATE CATALOG` is remembered, if it is the JobManager.
const STORE: &str = "jobmanager";
/// The document that says which catalogs there are. No catalog has this name: it has a slash.
const DEFINITIONS: &str = "catalog-store/definitions";

/// What a session knows of the kept catalogs.
#[derive(Debug, Default)]
pub struct DurableCatalogs {
    known: BTreeMap<String, KeptCatalog>,
}

impl DurableCatalogs {
    /// Before a statement: the session gets what is kept.
    ///
    /// # Errors
    /// The cluster does not answer, or what it keeps is not understood.
    pub async fn refresh(&mut self, session: &mut sql::Session, cluster: &dyn Cluster) -> Result<(), Throwable> {
        if uses_store(session)
            && let Some(kept) = cluster.catalog(DEFINITIONS).await?
            && self.is_news(DEFINITIONS, &kept)
        {
            session.load_catalog_definitions(&kept.document).map_err(refused)?;
            self.know(DEFINITIONS, kept.version, session.catalog_definitions());
        }
        for name in session.durable_catalogs() {
            if let Some(kept) = cluster.catalog(&name).await?
                && self.is_news(&name, &kept)
            {
                self.load(session, &name, &kept)?;
            }
        }
        Ok(())
    }

    /// After a statement: what it has changed is kept.
    ///
    /// # Errors
    /// It cannot be kept, or another session was faster; then the session has what that one made.
    pub async fn keep(&mut self, session: &mut sql::Session, cluster: &dyn Cluster) -> Result<(), Throwable> {
        let names = session.durable_catalogs();
        // One that was dropped and made again is looked at anew.
        self.known.retain(|name, _| name == DEFINITIONS || names.contains(name));
        if uses_store(session) {
            let document = session.catalog_definitions();
            let version = self.known.get(DEFINITIONS).map_or(0, |known| known.version);
            if self.known.get(DEFINITIONS).is_none_or(|known| known.document != document) {
                if !cluster.put_catalog(DEFINITIONS, version, &document).await? {
                    return Err(overtaken("which catalogs there are"));
                }
                self.know(DEFINITIONS, version + 1, document);
            }
        }
        for name in names {
            let document = session.catalog_document(&name).map_err(refused)?;
            let version = match self.known.get(&name) {
                Some(known) if known.document == document => continue,
                Some(known) => known.version,
                None => match cluster.catalog(&name).await? {
                    // It was made in this session now, and before in another one.
                    Some(kept) => {
                        self.load(session, &name, &kept)?;
                        continue;
                    }
                    None => 0,
                },
            };
            if cluster.put_catalog(&name, version, &document).await? {
                self.know(&name, version + 1, document);
                continue;
            }
            if let Some(kept) = cluster.catalog(&name).await? {
                self.load(session, &name, &kept)?;
            }
            return Err(overtaken(&format!("the catalog '{name}'")));
        }
        Ok(())
    }

    fn load(&mut self, session: &mut sql::Session, name: &str, kept: &KeptCatalog) -> Result<(), Throwable> {
        session.load_catalog(name, &kept.document).map_err(refused)?;
        // As this version writes it, so that a difference is a change.
        let document = session.catalog_document(name).map_err(refused)?;
        self.know(name, kept.version, document);
        Ok(())
    }

    fn is_news(&self, name: &str, kept: &KeptCatalog) -> bool {
        self.known.get(name).is_none_or(|known| known.version != kept.version)
    }

    fn know(&mut self, name: &str, version: u64, document: String) {
        self.known.insert(name.to_owned(), KeptCatalog { version, document });
    }
}

fn uses_store(session: &sql::Session) -> bool {
    session.config().get(options::TABLE_CATALOG_STORE_KIND.key()).is_some_and(|kind| kind.eq_ignore_ascii_case(STORE))
}

fn overtaken(what: &str) -> Throwable {
    catalog_exception(format!(
        "Another session has changed {what} meanwhile, and the statement has no effect; run it again."
    ))
}

fn refused(error: CatalogError) -> Throwable {
    catalog_exception(error.message)
}

fn catalog_exception(message: String) -> Throwable {
    Throwable::new("org.apache.flink.table.catalog.exceptions.CatalogException", message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::test_cluster::TestCluster;

    struct User {
        session: sql::Session,
        catalogs: DurableCatalogs,
        cluster: Arc<TestCluster>,
    }

    impl User {
        fn new(cluster: &Arc<TestCluster>, config: &[(&str, &str)]) -> Self {
            let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            Self { session: sql::Session::new(config), catalogs: DurableCatalogs::default(), cluster: cluster.clone() }
        }

        fn execute(&mut self, text: &str) {
            let statement = sql::parser::parse_statement(text).unwrap();
            self.session.execute(&statement, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }

        async fn run(&mut self, text: &str) {
            self.catalogs.refresh(&mut self.session, self.cluster.as_ref()).await.unwrap();
            self.execute(text);
            self.catalogs.keep(&mut self.session, self.cluster.as_ref()).await.unwrap();
        }

        async fn tables(&mut self) -> Vec<String> {
            self.catalogs.refresh(&mut self.session, self.cluster.as_ref()).await.unwrap();
            self.session.catalog().entry_names("c", "default").unwrap()
        }
    }

    const CATALOG: &str = "CREATE CATALOG c WITH ('type' = 'jobmanager')";

    fn table(name: &str) -> String {
        format!("CREATE TABLE c.`default`.{name} (i INT) WITH ('connector' = 'blackhole')")
    }

    #[tokio::test]
    async fn sessions_see_what_others_make() {
        let cluster = Arc::new(TestCluster::default());
        let (mut one, mut other) = (User::new(&cluster, &[]), User::new(&cluster, &[]));
        one.run(CATALOG).await;
        one.run(&table("a")).await;
        other.run(CATALOG).await;
        assert_eq!(other.tables().await, ["a"]);
        other.run(&table("b")).await;
        assert_eq!(one.tables().await, ["a", "b"]);
        one.run("DROP TABLE c.`default`.a").await;
        assert_eq!(other.tables().await, ["b"]);
    }

    #[tokio::test]
    async fn who_is_overtaken_is_told_and_has_what_the_other_made() {
        let cluster = Arc::new(TestCluster::default());
        let (mut one, mut other) = (User::new(&cluster, &[]), User::new(&cluster, &[]));
        one.run(CATALOG).await;
        other.run(CATALOG).await;
        one.execute(&table("a"));
        other.run(&table("b")).await;
        let kept = one.catalogs.keep(&mut one.session, one.cluster.as_ref()).await;
        assert!(kept.unwrap_err().to_string().contains("run it again"));
        assert_eq!(one.tables().await, ["b"]);
    }

    #[tokio::test]
    async fn the_catalog_store_remembers_the_catalogs() {
        let cluster = Arc::new(TestCluster::default());
        let config = [(options::TABLE_CATALOG_STORE_KIND.key(), "jobmanager")];
        let mut one = User::new(&cluster, &config);
        one.run(CATALOG).await;
        one.run(&table("a")).await;
        let mut later = User::new(&cluster, &config);
        assert_eq!(later.tables().await, ["a"]);
        later.run("DROP CATALOG c").await;
        let mut last = User::new(&cluster, &config);
        last.run("SHOW CATALOGS").await;
        assert!(last.session.durable_catalogs().is_empty());
    }
}
