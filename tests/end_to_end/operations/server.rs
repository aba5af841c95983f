//! A server for one test, and its certificates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

use crate::support::Server;

/// Much longer than a server takes to start.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A server for one test, so that its certificate can be invalid and its global variables unusual. It ends with the test.
pub struct OwnServer {
    child: Child,
    client: String,
    pub port: u16,
    socket: PathBuf,
    pub folder: PathBuf,
}

impl OwnServer {
    pub fn start(server: Server, name: &str, options: &[String]) -> Self {
        let name = format!("{name}-{}", server.name());
        let folder = PathBuf::from(std::env::var("TEST_RUN").unwrap()).join(&name);
        fs::create_dir(&folder).unwrap();
        let socket = Path::new(&server.variable("SOCKET")).with_file_name(format!("{name}.sock"));
        let port = crate::support::free_port();
        let script = format!("{}/scripts/lib/serve-{}.sh", env!("CARGO_MANIFEST_DIR"), server.name());
        let log = fs::File::create(folder.join("log")).unwrap();
        // The kernel ends it when the test's thread ends.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM"])
            .arg(script)
            .args([&folder, Path::new(&port.to_string()), &socket])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self { child, client: server.variable("CLIENT"), port, socket, folder };
        let started = Instant::now();
        while server.sql("SELECT 1").is_err() {
            let log = || fs::read_to_string(server.folder.join("log")).unwrap();
            assert!(server.child.try_wait().unwrap().is_none() && started.elapsed() < START_LIMIT, "{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    pub fn sql(&self, statements: &str) -> Result<(), String> {
        let mut client = Command::new(&self.client);
        let output = client.arg("--socket").arg(&self.socket).args(["-e", statements]).output().unwrap();
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }

    /// Uses this certificate for all new connections.
    pub fn show(&self, name: &str, certificate: &Certificate) {
        let [cert, key, issuer] = certificate.write(&self.folder);
        self.sql(&format!("SET GLOBAL ssl_cert = '{cert}'; SET GLOBAL ssl_key = '{key}'; SET GLOBAL ssl_ca = '{issuer}'; ALTER INSTANCE RELOAD TLS"))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate and its key, in PEM.
pub struct Certificate {
    pub pem: String,
    pub key: String,
    issuer: String,
}

impl Certificate {
    /// The paths of the certificate, of its key, and of its issuer's certificate.
    pub fn write(&self, folder: &Path) -> [String; 3] {
        [("cert", &self.pem), ("key", &self.key), ("issuer", &self.issuer)].map(|(name, text)| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        })
    }
}

/// A CA that only the test knows.
pub fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "a CA of the tests");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

pub fn certificate(authority: &CertifiedIssuer<'_, KeyPair>, host: &str, good_for: Duration) -> Certificate {
    let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, host);
    parameters.not_before = date_time_ymd(2000, 1, 1);
    parameters.not_after = time::OffsetDateTime::now_utc() + good_for;
    let key = KeyPair::generate().unwrap();
    let pem = parameters.signed_by(&key, authority).unwrap().pem();
    Certificate { pem, key: key.serialize_pem(), issuer: authority.pem() }
}
