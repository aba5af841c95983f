//! The client: one HTTP connection pool, and calls that are retried within a budget.

use std::time::{Duration, Instant};

use reqwest::header::IF_MATCH;
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bigquery::action::Action;
use crate::bigquery::answer;
use crate::bigquery::error::{Error, ErrorKind};
use crate::bigquery::settings::{Api, Settings};
use crate::bigquery::token::Tokens;
use crate::bigquery::types::dataset::{Dataset, Defaults};
use crate::bigquery::types::table::TableReference;
use crate::retry::{Budget, retrying};

const GOOGLE: &str = "https://bigquery.googleapis.com";

/// For establishing a connection, including TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For one API call. Every call made here returns quickly.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// For the first call; shorter, so that an unreachable service is reported soon.
const FIRST_CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A client for one project and dataset.
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) tokens: Tokens,
    pub(super) base: Url,
    pub(super) project: String,
    pub(super) dataset: String,
    /// The location of the dataset, and so of its jobs.
    pub(super) location: Option<String>,
    /// What new tables of the dataset inherit.
    defaults: Defaults,
}

/// One API call. All its retries share one budget.
pub(super) struct Call<'a> {
    client: &'a Client,
    action: Action,
    budget: Budget,
    timeout: Duration,
    /// What was just created, and for how long a 404 means "not visible yet".
    new_object: Option<(&'static str, Duration)>,
    /// The only version that may be changed; `None` for any.
    etag: Option<String>,
}

impl Client {
    /// Connects and checks that the dataset exists.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        let Settings { project, dataset, location, silence, .. } = settings;
        let action = Action::FindDataset { project: project.clone(), dataset: dataset.clone() };
        let mut client = Self::new(settings).map_err(|kind| Error::once(action.clone(), kind))?;
        let call =
            client.call(action.clone(), Budget { silence: *silence, ..Budget::START }).timeout(FIRST_CALL_TIMEOUT);
        let found: Dataset = call.get(client.url(&["datasets", dataset])).await?;
        client.defaults = found.defaults;
        client.location = match (location, found.location) {
            (Some(wanted), Some(actual)) if !wanted.eq_ignore_ascii_case(&actual) => {
                return Err(Error::once(action, ErrorKind::WrongLocation { actual, wanted: wanted.clone() }));
            }
            (wanted, actual) => actual.or_else(|| wanted.clone()),
        };
        Ok(client)
    }

    fn new(settings: &Settings) -> Result<Self, ErrorKind> {
        let (address, tokens) = match &settings.api {
            Api::Google => (GOOGLE, Tokens::from_environment()?),
            Api::Endpoint(address) => (&**address, Tokens::from_environment()?),
            Api::Emulator(address) => (&**address, Tokens::Emulator),
        };
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            // In the upload protocol, 308 means "resume".
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
        // An emulator runs nearby; an internet proxy cannot reach it.
        let http = if matches!(settings.api, Api::Emulator(_)) { http.no_proxy() } else { http };
        let base = Url::parse(address)
            .map_err(|error| ErrorKind::Address { address: address.to_owned(), problem: error.to_string() })?;
        Ok(Self {
            http: http.build()?,
            tokens,
            base,
            project: settings.project.clone(),
            dataset: settings.dataset.clone(),
            location: None,
            defaults: Defaults::default(),
        })
    }

    /// The location of the dataset, and so of its jobs.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// What new tables of the dataset inherit.
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// The reference of a table in the dataset.
    pub fn reference(&self, table: &str) -> TableReference {
        TableReference {
            project_id: self.project.clone(),
            dataset_id: self.dataset.clone(),
            table_id: table.to_owned(),
        }
    }

    /// The table's name with its dataset, for logs and errors.
    pub(super) fn qualified(&self, table: &str) -> String {
        format!("{}.{table}", self.dataset)
    }

    /// A URL below the project.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Every HTTP URL has a path; with any other URL the first request fails.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["bigquery", "v2", "projects", &self.project]).extend(path);
        }
        url
    }

    /// A URL below the dataset's tables.
    pub(super) fn table_url(&self, path: &[&str]) -> Url {
        self.url(&[&["datasets", &self.dataset, "tables"], path].concat())
    }

    pub(super) fn call(&self, action: Action, budget: Budget) -> Call<'_> {
        Call { client: self, action, budget, timeout: CALL_TIMEOUT, new_object: None, etag: None }
    }
}

impl Call<'_> {
    /// Sets how long one request may take.
    pub(super) fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// For an object that was just created: for this long, a 404 is retried.
    pub(super) fn visible_within(self, what: &'static str, time: Duration) -> Self {
        Self { new_object: Some((what, time)), ..self }
    }

    pub(super) async fn get<T: DeserializeOwned>(self, url: Url) -> Result<T, Error> {
        self.send(Method::GET, url, None::<&()>).await
    }

    pub(super) async fn post<T: DeserializeOwned>(self, url: Url, body: &impl Serialize) -> Result<T, Error> {
        self.send(Method::POST, url, Some(body)).await
    }

    /// Changes the object; with an `etag`, only that version of it.
    pub(super) async fn patch<T: DeserializeOwned>(
        self,
        url: Url,
        body: &impl Serialize,
        etag: Option<String>,
    ) -> Result<T, Error> {
        Self { etag, ..self }.send(Method::PATCH, url, Some(body)).await
    }

    async fn send<T: DeserializeOwned>(
        self,
        method: Method,
        url: Url,
        body: Option<&impl Serialize>,
    ) -> Result<T, Error> {
        let (client, timeout, new_object, etag) = (self.client, self.timeout, self.new_object, self.etag.clone());
        let since = Instant::now();
        self.run(|| async {
            let request = client.http.request(method.clone(), url.clone());
            let request = client.tokens.authorize(request).await?.timeout(timeout);
            let request = if let Some(body) = body { request.json(body) } else { request };
            let request = if let Some(etag) = &etag { request.header(IF_MATCH, etag) } else { request };
            let answer = answer::json(request.send().await?).await;
            answer.map_err(|kind| match new_object {
                Some((what, time)) if kind.is_not_found() && since.elapsed() < time => ErrorKind::NotVisibleYet(what),
                _ => kind,
            })
        })
        .await
    }

    /// Tries until the budget is spent. The error says how often and how long.
    pub(super) async fn run<T, F>(self, attempt: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, ErrorKind>>,
    {
        let result = retrying(&self.action, self.budget, attempt).await;
        result.map_err(|failed| Error::tried(self.action, failed))
    }
}

/// Turns a 404 into `None`.
pub(super) fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind().is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
