//! The catalogs that a JobManager keeps.

use anyhow::Context;
use jobmanager::rest::messages::CatalogContent;
use reqwest::{Method, RequestBuilder, StatusCode, Url};

use super::ClusterClient;

impl ClusterClient {
    /// `GET /catalogs/:name`; none when there is none of this name.
    pub async fn catalog_content(&self, name: &str) -> anyhow::Result<Option<CatalogContent>> {
        let response =
            self.catalog_request(Method::GET, name)?.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let content = response.error_for_status().context("the JobManager does not give its catalogs")?.json().await;
        content.map(Some).context("the JobManager sent a catalog that cannot be read")
    }

    /// `PUT /catalogs/:name`; false when another version is there by now.
    pub async fn put_catalog_content(&self, name: &str, content: &CatalogContent) -> anyhow::Result<bool> {
        let request = self.catalog_request(Method::PUT, name)?.json(content);
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status() == StatusCode::CONFLICT {
            return Ok(false);
        }
        response.error_for_status().context("the JobManager does not keep the catalog")?;
        Ok(true)
    }

    /// The name of a catalog may have any character.
    fn catalog_request(&self, method: Method, name: &str) -> anyhow::Result<RequestBuilder> {
        let mut url = Url::parse(&format!("{}://{}/v1/catalogs", self.scheme, self.address))?;
        url.path_segments_mut().ok().context("the address of the JobManager has no path")?.push(name);
        Ok(self.http.request(method, url))
    }
}
