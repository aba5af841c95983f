//! The client: one HTTP connection pool, and calls that are retried within a budget.

use std::time::{Duration, Instant};

use reqwest::header::IF_MATCH;
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bigquery::action::Action;
use crate::bigquery::answer;
use crate::bigquery::error::{Error, ErrorKind};
use crate::bigquery::settings::Settings;
use crate::bigquery::token::Tokens;
use crate::bigquery::types::dataset::Dataset;
use crate::bigquery::types::table::TableReference;
use crate::retry::{Budget, retrying};

const GOOGLE: &str = "https://bigquery.googleapis.com";

/// To establish a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// One call of the API; all that are made here answer at once.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The same for the first call, so that an unreachable service is reported soon.
const FIRST_CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// BigQuery, for one project and dataset.
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) tokens: Tokens,
    pub(super) base: Url,
    pub(super) project: String,
    pub(super) dataset: String,
    /// Where the dataset is, and hence its jobs.
    pub(super) location: Option<String>,
}

/// What is asked for, and how long it is worth asking: requests of the same call are retried within one budget.
pub(super) struct Call<'a> {
    client: &'a Client,
    action: Action,
    budget: Budget,
    timeout: Duration,
    /// How long a 404 only says that something is not known yet, and what that is.
    unknown: Option<(&'static str, Duration)>,
    /// The only version that may be changed.
    etag: Option<String>,
}

impl Client {
    /// Connects and makes sure that the dataset is there.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        let Settings { project, dataset, location, silence, .. } = settings;
        let action = Action::FindDataset { project: project.clone(), dataset: dataset.clone() };
        let mut client = Self::new(settings).map_err(|kind| Error::once(action.clone(), kind))?;
        let call =
            client.call(action.clone(), Budget { silence: *silence, ..Budget::START }).timeout(FIRST_CALL_TIMEOUT);
        let found: Dataset = call.get(client.url(&["datasets", dataset])).await?;
        client.location = match (location, found.location) {
            (Some(wanted), Some(is)) if !wanted.eq_ignore_ascii_case(&is) => {
                return Err(Error::once(action, ErrorKind::OtherLocation { is, wanted: wanted.clone() }));
            }
            (wanted, is) => is.or_else(|| wanted.clone()),
        };
        Ok(client)
    }

    fn new(settings: &Settings) -> Result<Self, ErrorKind> {
        let tokens = match &settings.emulator {
            Some(_) => Tokens::Emulator,
            None => Tokens::from_environment()?,
        };
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            // 308 means "resume" to an upload.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
        // An emulator is near; a proxy on the way to the internet does not know it.
        let http = if settings.emulator.is_some() { http.no_proxy() } else { http };
        let address = settings.emulator.as_deref().unwrap_or(GOOGLE);
        let base = Url::parse(address)
            .map_err(|error| ErrorKind::Address { address: address.to_owned(), problem: error.to_string() })?;
        Ok(Self {
            http: http.build()?,
            tokens,
            base,
            project: settings.project.clone(),
            dataset: settings.dataset.clone(),
            location: None,
        })
    }

    /// Where the dataset is, and hence its jobs.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The dataset's table of this name.
    pub fn reference(&self, table: &str) -> TableReference {
        TableReference {
            project_id: self.project.clone(),
            dataset_id: self.dataset.clone(),
            table_id: table.to_owned(),
        }
    }

    /// A table as logs and errors name it.
    pub(super) fn shown(&self, table: &str) -> String {
        format!("{}.{table}", self.dataset)
    }

    /// The address of something below the project.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // An address of http has a path; anything else fails with the first request.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["bigquery", "v2", "projects", &self.project]).extend(path);
        }
        url
    }

    /// The address of something of a table.
    pub(super) fn table_url(&self, path: &[&str]) -> Url {
        self.url(&[&["datasets", &self.dataset, "tables"], path].concat())
    }

    pub(super) fn call(&self, action: Action, budget: Budget) -> Call<'_> {
        Call { client: self, action, budget, timeout: CALL_TIMEOUT, unknown: None, etag: None }
    }
}

impl Call<'_> {
    /// Waits so long for one answer.
    pub(super) fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// What is asked for was made a moment ago: for so long a 404 is no answer.
    pub(super) fn known_within(self, what: &'static str, time: Duration) -> Self {
        Self { unknown: Some((what, time)), ..self }
    }

    pub(super) async fn get<T: DeserializeOwned>(self, url: Url) -> Result<T, Error> {
        self.send(Method::GET, url, None::<&()>).await
    }

    pub(super) async fn post<T: DeserializeOwned>(self, url: Url, body: &impl Serialize) -> Result<T, Error> {
        self.send(Method::POST, url, Some(body)).await
    }

    /// Changes what is there, or only this version of it.
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
        let (client, timeout, unknown, etag) = (self.client, self.timeout, self.unknown, self.etag.clone());
        let since = Instant::now();
        self.run(|| async {
            let request = client.http.request(method.clone(), url.clone());
            let request = client.tokens.authorize(request).await?.timeout(timeout);
            let request = if let Some(body) = body { request.json(body) } else { request };
            let request = if let Some(etag) = &etag { request.header(IF_MATCH, etag) } else { request };
            let answer = answer::json(request.send().await?).await;
            answer.map_err(|kind| match unknown {
                Some((what, time)) if kind.is_not_found() && since.elapsed() < time => ErrorKind::NotKnownYet(what),
                _ => kind,
            })
        })
        .await
    }

    /// Tries as long as the budget lasts; the error says how often and how long.
    pub(super) async fn run<T, F>(self, attempt: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, ErrorKind>>,
    {
        let result = retrying(&self.action, self.budget, attempt).await;
        result.map_err(|failed| Error::tried(self.action, failed))
    }
}

/// `None` where BigQuery says that there is no such thing.
pub(super) fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind().is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
