//! A proxy for MySQL that injects faults: at one byte of the server's answer it cuts, resets, stalls or slows the connection.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::SockRef;

/// What happens to a connection.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It is cut at any byte.
    Cut,
    /// It is cut after a whole packet, as if the server died between two rows.
    CutBetweenPackets,
    /// It is cut after the last row, before the packet that ends the result.
    CutBeforeEnd,
    /// It is reset, as by a firewall or a new primary that does not know the connection.
    Reset,
    /// It stays open, but nothing more arrives.
    Stall,
    /// Bytes arrive one by one for a while.
    Trickle,
}

/// How many bytes arrive one by one.
const TRICKLED: usize = 200;

/// The packet that ends a result is shorter than this, and the tests' rows are longer.
const LONGEST_END: usize = 9;

/// Listens until it is dropped.
pub struct MySqlProxy {
    pub port: String,
    struck: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub fault: Fault,
    /// After this many bytes from the server, per connection.
    pub from: usize,
    /// In this many connections.
    pub times: u32,
}

impl MySqlProxy {
    pub fn start(server_port: &str, plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let (struck, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, ended, server) = (Arc::clone(&struck), Arc::clone(&over), format!("127.0.0.1:{server_port}"));
        thread::spawn(move || {
            for client in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (server, count, ended) = (server.clone(), Arc::clone(&count), Arc::clone(&ended));
                // Tests kill clients and connections, so a lost peer is no error.
                thread::spawn(move || serve(client?, TcpStream::connect(server)?, plan, &count, &ended));
            }
        });
        Self { port, struck, over }
    }

    /// How many connections the fault has struck.
    pub fn struck(&self) -> u32 {
        self.struck.load(Ordering::Relaxed)
    }
}

impl Drop for MySqlProxy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(format!("127.0.0.1:{}", self.port));
    }
}

fn serve(
    mut client: TcpStream,
    mut server: TcpStream,
    plan: Plan,
    struck: &AtomicU32,
    over: &AtomicBool,
) -> io::Result<()> {
    let (mut questions, mut asked) = (client.try_clone()?, server.try_clone()?);
    let asking = thread::spawn(move || {
        let _ = io::copy(&mut questions, &mut asked);
        let _ = asked.shutdown(Shutdown::Both);
    });
    let mut packets = Packets::default();
    let mut buffer = [0; 16384];
    let mut healthy = false;
    loop {
        let count = server.read(&mut buffer)?;
        if count == 0 {
            client.shutdown(Shutdown::Both)?;
            return Ok(());
        }
        let bytes = &buffer[..count];
        let at = if healthy { None } else { packets.strike(bytes, plan) };
        let Some(at) = at else {
            client.write_all(bytes)?;
            continue;
        };
        client.write_all(&bytes[..at])?;
        let strikes = struck.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < plan.times).then_some(n + 1));
        healthy = true;
        if strikes.is_err() {
            client.write_all(&bytes[at..])?;
            continue;
        }
        match plan.fault {
            Fault::Cut | Fault::CutBetweenPackets | Fault::CutBeforeEnd => {
                client.shutdown(Shutdown::Both)?;
                return server.shutdown(Shutdown::Both);
            }
            Fault::Reset => return reset(client, &server, asking),
            Fault::Stall => {
                while !over.load(Ordering::Relaxed) && !asking.is_finished() {
                    thread::sleep(Duration::from_millis(20));
                }
                return client.shutdown(Shutdown::Both);
            }
            Fault::Trickle => {
                client.set_nodelay(true)?;
                let (slow, rest) = bytes[at..].split_at(TRICKLED.min(count - at));
                for byte in slow {
                    client.write_all(&[*byte])?;
                    thread::sleep(Duration::from_millis(2));
                }
                client.write_all(rest)?;
            }
        }
    }
}

/// Closing without lingering sends a RST as soon as the socket has no other owner.
fn reset(client: TcpStream, server: &TcpStream, asking: JoinHandle<()>) -> io::Result<()> {
    let socket = SockRef::from(&client);
    socket.set_linger(Some(Duration::ZERO))?;
    socket.shutdown(Shutdown::Read)?;
    server.shutdown(Shutdown::Both)?;
    let _ = asking.join();
    Ok(())
}

/// Where the server's packets begin. A header has three bytes of length and a sequence number.
#[derive(Default)]
struct Packets {
    seen: usize,
    header: Vec<u8>,
    /// Bytes left of the current packet.
    left: usize,
}

impl Packets {
    /// Where in these bytes the fault strikes, if it does.
    fn strike(&mut self, bytes: &[u8], plan: Plan) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            let between = self.left == 0 && self.header.is_empty();
            if self.seen >= plan.from
                && (between || !matches!(plan.fault, Fault::CutBetweenPackets | Fault::CutBeforeEnd))
            {
                let next = bytes.get(at..at + 3).map(length);
                if !matches!(plan.fault, Fault::CutBeforeEnd) || next.is_some_and(|length| length < LONGEST_END) {
                    return Some(at);
                }
            }
            self.seen += 1;
            if self.left > 0 {
                self.left -= 1;
            } else {
                self.header.push(*byte);
                if self.header.len() == 4 {
                    self.left = length(&self.header);
                    self.header.clear();
                }
            }
        }
        None
    }
}

fn length(header: &[u8]) -> usize {
    usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16
}
