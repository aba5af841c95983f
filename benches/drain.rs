//! The baseline for a sync: sends the same statement through the same driver, touches every column and drops the rows.
//! Usage: `drain TABLE`, with the variables of a sync in the environment.

use std::time::Instant;

use mysql_bigquery_sync::config::Config;
use mysql_bigquery_sync::mapping::Mapping;
use mysql_bigquery_sync::mapping::columns::ColumnOptions;
use mysql_bigquery_sync::mapping::policies::Policies;
use mysql_bigquery_sync::mysql::{catalog, connection, rows, snapshot, sql};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Skip flags: `cargo bench` adds --bench.
    let Some(name) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else {
        // `cargo bench` and `cargo test --benches` run every bench, but this one needs a server.
        println!("Usage: drain TABLE, with the variables of a sync in the environment. `make bench` runs it.");
        return Ok(());
    };
    let config = Config::read(std::env::vars_os(), &[])?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut connection = connection::connect(&config.mysql).await?;
    let flavor = catalog::flavor(&mut connection).await?;
    let found = catalog::find(&mut connection, &name).await?.map_err(|_| "no such table")?;
    let table = catalog::columns(&mut connection, flavor, found).await?;
    let mapping = Mapping::new(&table, flavor, &ColumnOptions::default(), Policies::default())?;
    snapshot::begin(&mut connection, &name, config.mysql.stall).await?;
    let started = Instant::now();
    let (mut count, mut bytes) = (0_u64, 0);
    let statement = sql::select(&mapping.select_list(), &name, None);
    let mut stream = rows::stream(&mut connection, statement);
    loop {
        let row = match rows::ready(&mut stream) {
            Some(row) => row,
            None => rows::wait(&mut stream, config.mysql.stall).await,
        };
        let Some(row) = row.map_err(|why| why.reading(&name, count))? else { break };
        count += 1;
        bytes += (0..mapping.columns.len()).filter_map(|column| row.value(column)).map(<[u8]>::len).sum::<usize>();
    }
    println!("{count} rows, {bytes} bytes in {:.2} s", started.elapsed().as_secs_f64());
    Ok(())
}
