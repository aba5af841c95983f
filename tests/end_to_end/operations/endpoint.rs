//! Another address of BigQuery's API: it gets the same credentials, over TLS.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::login::{Metadata, TOKEN};
use super::server::{Certificate, authority, certificate};
use crate::support::{Place, apply, on_mariadb};

const DENIED: &str = r#"{"error": {"code": 403, "message": "not here", "status": "PERMISSION_DENIED"}}"#;
/// The certificate's validity: longer than the test.
const HOUR: Duration = Duration::from_secs(3600);

/// Answers every request with 403, and sends its head to the receiver.
fn refusing(certificate: &Certificate) -> (String, mpsc::Receiver<String>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = vec![CertificateDer::from_pem_slice(certificate.pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
    let config = Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, heads) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (config, sender) = (Arc::clone(&config), sender.clone());
            thread::spawn(move || sender.send(refuse(stream.unwrap(), config)));
        }
    });
    (address, heads)
}

fn refuse(stream: TcpStream, config: Arc<ServerConfig>) -> String {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    let answer = format!("HTTP/1.1 403 X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{DENIED}", DENIED.len());
    let _ = stream.write_all(answer.as_bytes());
    stream.conn.send_close_notify();
    let _ = stream.flush();
    String::from_utf8(head).unwrap()
}

#[apply(on_mariadb)]
fn an_endpoint_is_asked_with_the_same_credentials(place: Place) {
    let authority = authority();
    let certificate = certificate(&authority, "127.0.0.1", HOUR);
    let trusted = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(trusted.path(), &certificate.issuer).unwrap();
    let (address, heads) = refusing(&certificate);
    let run = place
        .sync()
        .without("BIGQUERY_EMULATOR_HOST")
        .with("BIGQUERY_ENDPOINT", &address)
        .with("SSL_CERT_FILE", trusted.path().to_str().unwrap())
        .with("GCE_METADATA_HOST", &Metadata::tokens().address);
    let message = run.run().failed(1).message("sync_failed");
    assert!(message.contains("BigQuery answered 403 PERMISSION_DENIED: not here"), "{message}");
    let head = heads.recv().unwrap().to_lowercase();
    let expected = format!("get /bigquery/v2/projects/local/datasets/{} http/1.1", place.name);
    assert!(head.starts_with(&expected), "{head}");
    assert!(head.contains(&format!("authorization: bearer {}", TOKEN.to_lowercase())), "{head}");
}
