//! A proxy for the emulator that injects faults: it answers itself, cuts connections, or forwards only a part.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::run::Run;
use super::server::{EMULATOR, variable};

/// One request as it arrived.
pub struct Request {
    /// Method and path.
    pub line: String,
    head: String,
    body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn is_put(&self) -> bool {
        self.line.starts_with("PUT ")
    }

    /// A chunk or a part of one, not a query for the offset.
    pub fn is_chunk(&self) -> bool {
        self.is_put() && !self.body.is_empty()
    }

    /// The offset of the chunk in the file.
    pub fn starts_at(&self) -> usize {
        let range = self.header("content-range").unwrap_or_default();
        range.trim_start_matches("bytes ").split('-').next().and_then(|start| start.parse().ok()).unwrap_or(0)
    }

    /// A request for the state of a load job.
    pub fn is_job(&self) -> bool {
        self.line.starts_with("GET ") && self.line.contains("/jobs/")
    }

    pub fn length(&self) -> usize {
        self.body.len()
    }

    /// Only the last chunk says how long the file is.
    pub fn is_last_chunk(&self) -> bool {
        self.is_put() && self.header("content-range").is_some_and(|range| !range.ends_with("/*"))
    }
}

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    Pass,
    /// The proxy answers, and the emulator never sees the request.
    Answer(u16, &'static str),
    /// The same with a header, such as `Range: bytes=0-9`.
    AnswerWith(u16, &'static str, &'static str),
    /// The emulator handles the request, and the client gets another answer.
    AnswerAfter(u16, &'static str),
    /// The connection is cut before the emulator sees the request.
    CutBefore,
    /// The emulator handles the request, and the answer is lost.
    CutAfter,
    /// Only this many bytes of a chunk arrive, as the emulator's answer says.
    Partly(usize),
    /// The connection is cut in the middle of the request.
    CutInside,
    /// The connection is cut in the middle of the answer.
    CutAnswer,
    /// The answer comes byte by byte.
    Trickle,
    /// The answer comes late.
    Delay,
}

/// Listens until it is dropped.
pub struct Proxy {
    address: String,
    over: Arc<AtomicBool>,
}

impl Proxy {
    /// `rule` sees every request, one at a time per connection.
    pub fn start(rule: impl Fn(&Request) -> Action + Send + Sync + 'static) -> Self {
        let upstream = variable(EMULATOR);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (over, rule) = (Arc::new(AtomicBool::new(false)), Arc::new(rule));
        let ended = Arc::clone(&over);
        let own = address.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (upstream, rule, own) = (upstream.clone(), Arc::clone(&rule), own.clone());
                // Tests kill clients, so a lost client is no error.
                thread::spawn(move || client.ok().and_then(|client| serve(client, &upstream, &own, &*rule)));
            }
        });
        Self { address, over }
    }

    /// The same run, through this proxy.
    pub fn run(&self, run: Run) -> Run {
        run.with("BIGQUERY_EMULATOR_HOST", &self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address);
    }
}

/// One request; the connection is closed after it.
fn serve(mut client: TcpStream, upstream: &str, own: &str, rule: &dyn Fn(&Request) -> Action) -> Option<()> {
    let request = read(&mut client)?;
    let request = match rule(&request) {
        Action::CutAfter => {
            forward(&request, upstream)?;
            return client.shutdown(Shutdown::Both).ok();
        }
        Action::CutBefore => return client.shutdown(Shutdown::Both).ok(),
        Action::Answer(status, body) => return answer(&mut client, status, "X-Fault: 1", body),
        Action::AnswerWith(status, header, body) => return answer(&mut client, status, header, body),
        Action::AnswerAfter(status, body) => {
            forward(&request, upstream)?;
            return answer(&mut client, status, "X-Fault: 1", body);
        }
        Action::CutInside => {
            let mut server = TcpStream::connect(upstream).ok()?;
            server.write_all(format!("{}\r\n\r\n", request.head).as_bytes()).ok()?;
            server.write_all(&request.body[..request.body.len() / 2]).ok()?;
            server.shutdown(Shutdown::Both).ok()?;
            return client.shutdown(Shutdown::Both).ok();
        }
        Action::CutAnswer => {
            let answer = forward(&request, upstream)?;
            client.write_all(&answer[..answer.len() / 2]).ok()?;
            return client.shutdown(Shutdown::Both).ok();
        }
        Action::Trickle => {
            client.set_nodelay(true).ok()?;
            for byte in replace(forward(&request, upstream)?, upstream, own) {
                client.write_all(&[byte]).ok()?;
                thread::sleep(Duration::from_micros(100));
            }
            return Some(());
        }
        Action::Partly(bytes) if bytes < request.body.len() => part(&request, bytes),
        Action::Delay => {
            thread::sleep(Duration::from_secs(1));
            request
        }
        Action::Pass | Action::Partly(_) => request,
    };
    let answer = forward(&request, upstream)?;
    // The upload session's address is the emulator's; the client must reach it through the proxy.
    client.write_all(&replace(answer, upstream, own)).ok()
}

fn answer(client: &mut TcpStream, status: u16, header: &str, body: &str) -> Option<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Fault\r\n{header}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    client.write_all((head + body).as_bytes()).ok()
}

fn read(client: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    let end = loop {
        let count = client.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut request = Request { line: head.lines().next().unwrap().to_owned(), head, body: bytes[end + 4..].to_vec() };
    let length: usize = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while request.body.len() < length {
        let count = client.read(&mut buffer).ok().filter(|count| *count > 0)?;
        request.body.extend_from_slice(&buffer[..count]);
    }
    Some(request)
}

/// The request with only the first bytes of its chunk, as a chunk that is not the last.
fn part(request: &Request, bytes: usize) -> Request {
    let range = request.header("content-range").unwrap();
    let start = request.starts_at();
    let head = request.head.replace(range, &format!("bytes {start}-{}/*", start + bytes - 1));
    let length = request.header("content-length").unwrap();
    let head = head.replace(&format!("content-length: {length}"), &format!("content-length: {bytes}"));
    Request { line: request.line.clone(), head, body: request.body[..bytes].to_vec() }
}

fn forward(request: &Request, upstream: &str) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).ok()?;
    server.write_all(format!("{}\r\nconnection: close\r\n\r\n", request.head).as_bytes()).ok()?;
    server.write_all(&request.body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    Some(answer)
}

fn replace(answer: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).replace(from, to);
    [head.as_bytes(), &answer[end..]].concat()
}
