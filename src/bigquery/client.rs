//! The client: one HTTP connection pool, the API through `gcp-bigquery-client`, and the calls that a sync needs.

use std::sync::Arc;
use std::time::Duration;

use gcp_bigquery_client::client_builder::ClientBuilder;
use gcp_bigquery_client::error::BQError;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bigquery::auth::Tokens;
use crate::bigquery::error::{Cause, Error, error_answer, text};
use crate::bigquery::retry::{Budget, retrying};
use crate::bigquery::settings::Settings;

const GOOGLE: &str = "https://bigquery.googleapis.com";

/// To establish a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// One call of the API; all that are made here answer at once.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The same for the first call, so that an unreachable service is reported soon.
const FIRST_CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// BigQuery, for one project and dataset.
pub struct Client {
    pub(super) api: gcp_bigquery_client::Client,
    pub(super) http: reqwest::Client,
    pub(super) tokens: Tokens,
    /// Without a slash at its end.
    pub(super) base: String,
    pub(super) project: String,
    pub(super) dataset: String,
    /// Where the dataset is, and hence its jobs.
    pub(super) location: Option<String>,
}

impl Client {
    /// Connects and makes sure that the dataset is there.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        let doing = format!("asking BigQuery for dataset {}:{}", settings.project, settings.dataset);
        let fail = |cause: Cause| Error::once(doing.clone(), cause);
        let tokens = match &settings.emulator {
            Some(_) => Tokens::Emulator,
            None => Tokens::from_environment().map_err(fail)?,
        };
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            // 308 means "resume" to an upload.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
        // An emulator is near; a proxy on the way to the internet does not know it.
        let http = if settings.emulator.is_some() { http.no_proxy() } else { http };
        let http = http.build().map_err(|error| fail(Cause::from(error)))?;
        let base = settings.emulator.clone().unwrap_or_else(|| GOOGLE.to_owned());
        let api = ClientBuilder::new()
            .with_v2_base_url(format!("{base}/bigquery/v2"))
            .with_client(http.clone())
            .build_from_authenticator(Arc::new(tokens.clone()))
            .await
            .map_err(|error| fail(Cause::from(error)))?;
        let mut client = Self {
            api,
            http,
            tokens,
            base,
            project: settings.project.clone(),
            dataset: settings.dataset.clone(),
            location: None,
        };
        client.location = client.dataset_location(&doing, settings.location.clone()).await?;
        Ok(client)
    }

    /// A request below the project, whose answer is JSON; `None` is 404. For what the client library lacks or refuses.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        doing: &str,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Option<T>, Error> {
        let url = self.url(path).map_err(|cause| Error::once(doing, cause))?;
        retrying(doing, Budget::TABLE, || self.ask_once(method.clone(), url.clone(), body)).await
    }

    /// The address of something below the project.
    pub(super) fn url(&self, path: &[&str]) -> Result<Url, Cause> {
        let mut url = Url::parse(&format!("{}/bigquery/v2/projects/{}", self.base, self.project))
            .map_err(|error| Cause::Broken(error.to_string()))?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        Ok(url)
    }

    /// One request, whose answer is JSON; `None` is 404.
    pub(super) async fn ask_once<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Result<Option<T>, Cause> {
        let request = self.tokens.authorize(self.http.request(method, url)).await?.timeout(CALL_TIMEOUT);
        let request = if let Some(body) = body { request.json(body) } else { request };
        let response = request.send().await?;
        match response.status().as_u16() {
            404 => Ok(None),
            200..=299 => serde_json::from_str(&text(response).await?)
                .map(Some)
                .map_err(|error| Cause::Unreadable(error.to_string())),
            _ => Err(error_answer(response).await),
        }
    }

    async fn dataset_location(&self, doing: &str, wanted: Option<String>) -> Result<Option<String>, Error> {
        let result = retrying(doing, Budget::START, || {
            call(FIRST_CALL_TIMEOUT, self.api.dataset().get(&self.project, &self.dataset))
        })
        .await;
        let dataset = match result {
            Ok(dataset) => dataset,
            Err(error) => return Err(explain_missing(error, &self.project, &self.dataset)),
        };
        match (wanted, dataset.location) {
            (Some(wanted), Some(is)) if !wanted.eq_ignore_ascii_case(&is) => Err(Error::once(
                doing,
                Cause::Broken(format!("it is in {is}, and BIGQUERY_LOCATION says {wanted}: unset it, or correct it")),
            )),
            (wanted, is) => Ok(is.or(wanted)),
        }
    }
}

/// Waits for a call of the API, not forever.
async fn call<T>(limit: Duration, request: impl Future<Output = Result<T, BQError>>) -> Result<T, Cause> {
    match tokio::time::timeout(limit, request).await {
        Ok(result) => result.map_err(Cause::from),
        Err(_) => Err(Cause::Transport(format!("no answer within {} s", limit.as_secs()))),
    }
}

fn explain_missing(error: Error, project: &str, dataset: &str) -> Error {
    let hint = match &error.cause {
        Cause::Answer { status: 404, .. } => format!(
            "the dataset does not exist: create it (the Terraform module does, or \
             `bq mk --dataset {project}:{dataset}`), or look at BIGQUERY_PROJECT and BIGQUERY_DATASET"
        ),
        Cause::Answer { status: 403, message, .. } => format!(
            "access denied ({message}): the service account needs roles/bigquery.dataEditor on the dataset and \
             roles/bigquery.jobUser on the project; look at BIGQUERY_PROJECT and BIGQUERY_DATASET too"
        ),
        Cause::Transport(text) => {
            format!("{text}: look at the network, and at BIGQUERY_EMULATOR_HOST if an emulator is meant")
        }
        Cause::Answer { status: 401, message, .. } => format!(
            "BigQuery does not accept the credentials ({message}): look at the service account, and at \
             GOOGLE_APPLICATION_CREDENTIALS if it is set"
        ),
        Cause::Unreadable(text) => format!(
            "the answer cannot be read, {text}: BigQuery is out of order just now, or something else answers in its \
             place (look at BIGQUERY_EMULATOR_HOST and at proxies)"
        ),
        _ => return error,
    };
    Error { cause: Cause::Broken(hint), ..error }
}
