//! Cloud SQL's IAM login: an access token is sent as the password.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::server::{OwnServer, authority, certificate};
use crate::support::{Place, Run, Server, apply, on_both_servers, on_mariadb};

pub(super) const TOKEN: &str = "ya29.a-Token_of-the-Test";

/// A metadata server as on Google Cloud, which returns `TOKEN` and records the requests.
pub(super) struct Metadata {
    pub(super) address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Metadata {
    fn start(status: &'static str, answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, log) = (answer.clone(), Arc::clone(&log));
                thread::spawn(move || serve(stream.unwrap(), status, &answer, &log));
            }
        });
        Self { address, asked }
    }

    pub(super) fn tokens() -> Self {
        let answer = serde_json::json!({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"});
        Self::start("200 OK", answer.to_string())
    }
}

fn serve(mut stream: TcpStream, status: &str, answer: &str, log: &Mutex<Vec<String>>) {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).unwrap();
    log.lock().unwrap().extend(request.lines().next().map(str::to_owned));
    let head = "Metadata-Flavor: Google\r\nContent-Type: application/json\r\nConnection: close";
    let _ = write!(stream, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
}

fn sync(place: &Place, user: &str, metadata: &Metadata) -> Run {
    place
        .sync_as(user)
        .without("MYSQL_PASSWORD")
        .with("MYSQL_IAM_AUTH", "true")
        .with("GCE_METADATA_HOST", &metadata.address)
        .with("LOG_LEVEL", "trace")
}

/// TLS if the server has it, else the socket, which needs none.
fn privately(run: Run, place: &Place) -> Run {
    match place.server {
        Server::MySql => run.with("MYSQL_SSL_MODE", "REQUIRED"),
        Server::MariaDb => run.with("MYSQL_HOST", place.socket()),
    }
}

fn user(place: &Place, password: &str) -> String {
    place.user_identified(&format!("BY '{password}'"), &[("SELECT", "*")])
}

#[apply(on_both_servers)]
fn a_fresh_token_is_the_password_of_each_connection(place: Place) {
    place.sql("CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY)");
    let metadata = Metadata::tokens();
    let user = user(&place, TOKEN);
    let done = privately(sync(&place, &user, &metadata), &place).run().succeeded();
    assert_eq!(done.event("sync_finished")["synced"], 2);
    assert!(!done.log.contains(TOKEN) && !done.errors.contains(TOKEN), "{}", done.log);
    let asked = metadata.asked.lock().unwrap();
    let tokens: Vec<_> = asked.iter().filter(|line| line.contains("/token")).collect();
    // One connection for planning, and one for each table.
    assert!(tokens.len() >= 3, "{asked:?}");
    assert!(tokens.iter().all(|line| line.contains("sqlservice.login")), "{asked:?}");
}

#[apply(on_both_servers)]
fn a_refused_token_is_reported(place: Place) {
    let user = user(&place, "another");
    let done = privately(sync(&place, &user, &Metadata::tokens()), &place).run().failed(1);
    let message = done.message("sync_failed");
    assert!(message.contains("MYSQL_IAM_AUTH") && message.contains("roles/cloudsql.instanceUser"), "{message}");
    assert!(!done.log.contains(TOKEN) && !done.errors.contains(TOKEN), "{}", done.log);

    let none = Metadata::start("404 Not Found", "no such account".into());
    let done = privately(sync(&place, &user, &none), &place).run().failed(1);
    let message = done.message("sync_failed");
    assert!(message.contains("no access token for MYSQL_IAM_AUTH") && message.contains("gcloud auth"), "{message}");
}

/// Neither server has Cloud SQL's plugin, which asks for the cleartext password. So a proxy asks for it, and then forwards the
/// client's first response to the server.
#[apply(on_mariadb)]
fn the_token_is_sent_unchanged_to_a_server_that_asks_for_cleartext(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 1);
    let user = user(&place, TOKEN);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, server) = (Arc::clone(&seen), place.socket());
    thread::spawn(move || {
        for client in listener.incoming() {
            let (log, server) = (Arc::clone(&log), UnixStream::connect(&server).unwrap());
            thread::spawn(move || ask_in_the_clear(client.unwrap(), server, &log));
        }
    });
    let run = sync(&place, &user, &Metadata::tokens()).with("MYSQL_HOST", socket.to_str().unwrap());
    run.run().succeeded();
    assert_eq!(place.count("t"), 1);
    assert!(seen.lock().unwrap().len() >= 2);
    for password in seen.lock().unwrap().iter() {
        assert_eq!(password, &format!("{TOKEN}\0").into_bytes());
    }
}

/// Reads one packet: its number and its body.
fn packet(from: &mut UnixStream) -> (u8, Vec<u8>) {
    let mut head = [0; 4];
    from.read_exact(&mut head).unwrap();
    let mut body = vec![0; usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16];
    from.read_exact(&mut body).unwrap();
    (head[3], body)
}

fn send(to: &mut UnixStream, number: u8, body: &[u8]) {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    to.write_all(&[&length[..3], &[number], body].concat()).unwrap();
}

fn ask_in_the_clear(mut client: UnixStream, mut server: UnixStream, log: &Mutex<Vec<Vec<u8>>>) {
    let (number, greeting) = packet(&mut server);
    send(&mut client, number, &greeting);
    let (number, response) = packet(&mut client);
    // AuthSwitchRequest, and the answer to it.
    send(&mut client, number + 1, b"\xFEmysql_clear_password\0");
    log.lock().unwrap().push(packet(&mut client).1);
    send(&mut server, number, &response);
    let (number, verdict) = packet(&mut server);
    send(&mut client, number + 2, &verdict);
    let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(std::net::Shutdown::Both);
    });
    let _ = std::io::copy(&mut client, &mut server);
    let _ = server.shutdown(std::net::Shutdown::Both);
}

#[apply(on_both_servers)]
fn a_user_without_a_password_logs_in(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    let [cert, key, _] = certificate(&authority, "127.0.0.1", Duration::from_secs(3600)).write(folder.path());
    let server = OwnServer::start(place.server, "login", &[format!("--ssl-cert={cert}"), format!("--ssl-key={key}")]);
    server
        .sql(
            "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1), (2); \
             CREATE USER plain IDENTIFIED BY ''; CREATE USER secure IDENTIFIED BY '' REQUIRE SSL; \
             CREATE USER locked IDENTIFIED BY 'a password'; GRANT SELECT ON d.* TO plain, secure, locked",
        )
        .unwrap();
    let sync = |user: &str, mode: &str| {
        let sync = place.sync_as(user).without("MYSQL_PASSWORD").with("MYSQL_PASSWORD_EMPTY", "true");
        let sync = sync.with("MYSQL_PORT", server.port.to_string()).with("MYSQL_DATABASE", "d");
        sync.with("MYSQL_SSL_CA", authority.pem()).with("MYSQL_SSL_MODE", mode).run()
    };
    for (user, mode) in [("plain", "DISABLED"), ("plain", "PREFERRED"), ("secure", "REQUIRED"), ("secure", "VERIFY_CA")]
    {
        sync(user, mode).succeeded();
        assert_eq!(place.count("t"), 2, "{user}, {mode}");
    }
    let done = sync("locked", "PREFERRED").failed(1);
    let message = done.message("sync_failed");
    assert!(message.contains("MYSQL_PASSWORD_EMPTY") && message.contains("using password: NO"), "{message}");
}
