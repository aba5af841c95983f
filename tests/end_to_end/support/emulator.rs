//! The BigQuery emulator: a place's dataset, and calls to its API.

use serde_json::{Value, json};

use super::place::Place;
use super::server::{EMULATOR, variable};

impl Place {
    /// The rows of a query over the dataset, every value as text.
    pub fn query(&self, query: &str) -> Vec<Vec<Option<String>>> {
        // The default of 10 s, after which an answer has no rows, is too short on a busy machine.
        let body = json!({"query": query, "useLegacySql": false, "timeoutMs": 100_000,
            "defaultDataset": {"projectId": "local", "datasetId": self.name}});
        let answer = emulator_call(reqwest::Method::POST, "queries", Some(body));
        let rows = answer["rows"].as_array().cloned().unwrap_or_default();
        let value = |cell: &Value| cell["v"].as_str().map(str::to_owned);
        rows.iter().map(|row| row["f"].as_array().unwrap().iter().map(value).collect()).collect()
    }

    /// What the program may do in this dataset, and what is refused; scripts/emulator/rules.py says how.
    pub fn rules(&self, rules: Value) {
        let url = format!("http://{}/_test/rules/local/{}", variable(EMULATOR), self.name);
        call(reqwest::Method::PUT, &url, Some(rules));
    }

    /// The first row of a query over the dataset; NULL as "NULL".
    pub fn row(&self, query: &str) -> Vec<String> {
        self.query(query)[0].iter().map(|value| value.clone().unwrap_or_else(|| "NULL".into())).collect()
    }

    /// How many rows the destination has.
    pub fn count(&self, table: &str) -> u64 {
        self.query(&format!("SELECT COUNT(*) FROM `{table}`"))[0][0].as_ref().unwrap().parse().unwrap()
    }

    /// The destination as BigQuery's API shows it.
    pub fn destination(&self, table: &str) -> Value {
        emulator_call(reqwest::Method::GET, &format!("datasets/{}/tables/{table}", self.name), None)
    }

    /// The destination's columns as `name TYPE`.
    pub fn schema(&self, table: &str) -> Vec<String> {
        let table = self.destination(table);
        let fields = table["schema"]["fields"].as_array().unwrap();
        fields.iter().map(|f| format!("{} {}", f["name"].as_str().unwrap(), f["type"].as_str().unwrap())).collect()
    }

    /// How many load jobs of an execution succeeded. With `_` and a table's name appended: of that table.
    pub fn loads(&self, execution: &str) -> usize {
        let jobs = emulator_call(reqwest::Method::GET, "jobs?projection=full&maxResults=100000", None);
        let prefix = format!("mysql-bigquery-sync_{execution}_");
        let loaded = |job: &&Value| {
            job["jobReference"]["jobId"].as_str().unwrap().starts_with(&prefix)
                && job["status"]["state"] == "DONE"
                && job["status"]["errorResult"].is_null()
        };
        jobs["jobs"].as_array().unwrap().iter().filter(loaded).count()
    }
}

pub fn emulator_call(method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
    call(method, &format!("http://{}/bigquery/v2/projects/local/{path}", variable(EMULATOR)), body)
}

fn call(method: reqwest::Method, url: &str, body: Option<Value>) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method, url);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{url}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    })
}
