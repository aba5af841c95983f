//! Hints for errors of MySQL: which variable, grant or role to check.

use secrecy::ExposeSecret as _;

use crate::hints::google::token;
use crate::mysql::error::{
    ACCESS_DENIED, ACCESS_DENIED_TO_DATABASE, COLUMN_ACCESS_DENIED, HOST_BLOCKED, HOST_NOT_PRIVILEGED,
    INSECURE_TRANSPORT, Kind, LOCK_WAIT_TIMEOUT, NO_SUCH_DEFINER, QUERY_INTERRUPTED, SERVER_SHUTDOWN,
    STATEMENT_TIMEOUT, STATEMENT_TIMEOUT_MARIADB, SYNTAX, TABLE_ACCESS_DENIED, TABLE_DEFINITION_CHANGED,
    UNKNOWN_COLUMN, UNKNOWN_DATABASE, VIEW_INVALID,
};
use crate::mysql::settings::{Address, Login, SslMode};
use crate::mysql::sql::{account, quoted};
use crate::mysql::tls::{CertificateRefusal, Refusal};
use crate::mysql::{Error, Settings};
use crate::quotation::is_quoted;

/// The whole message: what the program did, what happened, and what to do.
pub fn explain(error: &Error, settings: &Settings) -> String {
    let kind = error.kind();
    error.sentence(&if error.is_connecting() { connecting(kind, settings) } else { working(kind) })
}

/// How to read consistent rows of a table that the user may not lock.
pub fn locking(settings: &Settings) -> String {
    let database = quoted(&settings.database);
    format!("to read consistent rows, GRANT LOCK TABLES ON {database}.* or set \"read_connections\": 1 in TABLES")
}

/// Why the connection is not encrypted, and how to encrypt it.
pub fn unencrypted(settings: &Settings) -> String {
    let why = match settings.ssl_mode {
        SslMode::Disabled => "MYSQL_SSL_MODE is DISABLED",
        _ => "the server has no TLS, or none that this program can use",
    };
    format!(
        "the connection to MySQL at {} is not encrypted ({why}): others on the network can read the rows; set \
         MYSQL_SSL_MODE=VERIFY_CA and MYSQL_SSL_CA",
        settings.address
    )
}

/// What happened while connecting.
fn connecting(kind: &Kind, settings: &Settings) -> String {
    match kind {
        Kind::Server { number, .. } => at_login(*number, kind, settings),
        Kind::Tls(refusal) => format!("{kind}: {}", tls(refusal, settings)),
        Kind::Token(error) => {
            let hint = token(error).map_or_else(String::new, |hint| format!(" ({hint})"));
            format!("no access token for MYSQL_IAM_AUTH: {error}{hint}")
        }
        Kind::LongPassword => format!("{kind}: set MYSQL_SSL_MODE to REQUIRED, VERIFY_CA or VERIFY_IDENTITY"),
        Kind::Plugin(_) => format!(
            "{kind}; give user {} (MYSQL_USER) another one: ALTER USER {} IDENTIFIED WITH caching_sha2_password BY '...' on \
             MySQL, IDENTIFIED VIA mysql_native_password on MariaDB",
            settings.user,
            account(&settings.user)
        ),
        _ => format!("{kind}: check {}", address_variables(settings)),
    }
}

/// What happened over a connection.
fn working(kind: &Kind) -> String {
    match kind {
        Kind::Server { number, .. } => format!("{kind}{}", of_a_query(*number)),
        Kind::Stalled(_) => {
            format!("{kind}; if it needs longer to find the first row, raise MYSQL_STALL_SECONDS")
        }
        Kind::LockTaken => format!("{kind}; this one read nothing"),
        Kind::LockLost => format!("{kind}; the destination table is unchanged"),
        Kind::NoSnapshot(_) => {
            format!("{kind}; the table is not copied, because its rows could be from different times")
        }
        Kind::UnwritableKey => {
            format!("{kind}: read the table over one connection (\"read_connections\": 1 in TABLES)")
        }
        _ => kind.to_string(),
    }
}

fn at_login(number: u16, kind: &Kind, settings: &Settings) -> String {
    let (database, user) = (&settings.database, &settings.user);
    match number {
        ACCESS_DENIED => {
            format!("it refused user {user}: check MYSQL_USER and {}{} ({kind})", login(settings), transport(settings))
        }
        INSECURE_TRANSPORT => format!("{kind}: set MYSQL_SSL_MODE to REQUIRED, VERIFY_CA or VERIFY_IDENTITY"),
        UNKNOWN_DATABASE => format!("it has no database {database}: check MYSQL_DATABASE"),
        ACCESS_DENIED_TO_DATABASE => format!(
            "user {user} may not use database {database}, or it does not exist: check MYSQL_DATABASE, or {} ({kind})",
            select_grant(&format!("{}.*", quoted(database)), user)
        ),
        HOST_NOT_PRIVILEGED | HOST_BLOCKED => {
            format!("it accepts no connections from this host for user {user}: {kind}")
        }
        _ => kind.to_string(),
    }
}

/// What else an account may require, which the server reports as a wrong password.
fn transport(settings: &Settings) -> &'static str {
    match (&settings.client_certificate, settings.ssl_mode) {
        _ if matches!(settings.address, Address::Socket(_)) => "",
        (_, SslMode::Disabled) => "; if the account or the server requires TLS, set MYSQL_SSL_MODE=REQUIRED",
        (None, _) => "; no client certificate was shown, which a user with REQUIRE X509 needs (MYSQL_SSL_CERT)",
        (Some(_), SslMode::Preferred) => "; the client certificate of MYSQL_SSL_CERT was shown if the server has TLS",
        (Some(_), _) => "; the client certificate of MYSQL_SSL_CERT was shown",
    }
}

/// The statement that lets the user read, and what to do if the privilege is a role's.
pub fn select_grant(on: &str, user: &str) -> String {
    let account = account(user);
    format!(
        "GRANT SELECT ON {on} TO {account} (if a role has the privilege, it is not active: SET DEFAULT ROLE ALL TO {account} on \
         MySQL, SET DEFAULT ROLE name FOR {account} on MariaDB)"
    )
}

fn of_a_query(number: u16) -> &'static str {
    match number {
        TABLE_ACCESS_DENIED | COLUMN_ACCESS_DENIED => {
            " (the user of MYSQL_USER needs SELECT on it; if a role has that, SET DEFAULT ROLE makes it active)"
        }
        // On an open connection, this is no wrong password.
        ACCESS_DENIED | VIEW_INVALID | NO_SUCH_DEFINER => {
            " (if it is a view: its definer must exist and be allowed to read the view's tables, and those must exist)"
        }
        SYNTAX | UNKNOWN_COLUMN => " (if the table has a \"where\" in TABLES, check that first)",
        LOCK_WAIT_TIMEOUT => " (another session holds a lock on the table)",
        QUERY_INTERRUPTED => " (someone or something killed the query)",
        STATEMENT_TIMEOUT | STATEMENT_TIMEOUT_MARIADB => {
            " (the server's max_execution_time or max_statement_time is too short for this table)"
        }
        SERVER_SHUTDOWN => " (the server was shut down)",
        TABLE_DEFINITION_CHANGED => " (the table was altered while it was read)",
        _ => "",
    }
}

/// The variable of the password or token, and a common mistake with it.
fn login(settings: &Settings) -> String {
    match &settings.login {
        Login::Password { password, variable } if password.expose_secret().ends_with('\n') => {
            format!("{variable}; {variable} ends with a line break: was it stored with echo?")
        }
        Login::Password { password, variable } if is_quoted(password.expose_secret()) => {
            format!("{variable}; {variable} is in quotation marks, which are part of the password")
        }
        // If the server switches to another plugin, the driver cannot send an empty answer.
        Login::Password { password, variable } if password.expose_secret().is_empty() => format!(
            "{variable}; give the user a password, or change the user to the server's default authentication plugin"
        ),
        Login::Password { variable, .. } => (*variable).to_owned(),
        Login::AccessToken => "MYSQL_IAM_AUTH; the user must be an IAM user of the instance (a service account's name \
                               without its domain), and the account needs roles/cloudsql.instanceUser"
            .to_owned(),
    }
}

fn address_variables(settings: &Settings) -> &'static str {
    match settings.address {
        Address::Tcp(..) => "MYSQL_HOST, MYSQL_PORT, firewalls and the VPC",
        Address::Socket(_) => "MYSQL_HOST, the path of the socket",
    }
}

/// What to do about a refused certificate, or a server without TLS.
fn tls(refusal: &Refusal, settings: &Settings) -> &'static str {
    match refusal {
        Refusal::ClientCertificate(_) if settings.client_certificate.is_none() => {
            "the server requires a client certificate; set MYSQL_SSL_CERT and MYSQL_SSL_KEY"
        }
        Refusal::ClientCertificate(_) => {
            "the server refuses the client certificate of MYSQL_SSL_CERT; check that a CA of the server signed it and \
             that it has not expired"
        }
        Refusal::Certificate(CertificateRefusal::UnknownIssuer, _) => {
            "the server's certificate was issued by a CA that is not trusted here; set MYSQL_SSL_CA to the server's CA, or \
             check MYSQL_SSL_MODE"
        }
        Refusal::Certificate(CertificateRefusal::Expired, _) => {
            "the server's certificate has expired; renew it on the server (MYSQL_SSL_MODE requires a valid \
             certificate)"
        }
        Refusal::Certificate(CertificateRefusal::OtherHost, _) => {
            "the server's certificate is for another host; correct MYSQL_HOST, or accept every host of the CA with \
             MYSQL_SSL_MODE=VERIFY_CA"
        }
        Refusal::Certificate(CertificateRefusal::OldVersion, _) => {
            "the server's certificate is of X.509 version 1, which is not supported: make one of version 3 (with openssl x509 \
             -req, add -extfile); MYSQL_SSL_MODE=PREFERRED goes on without encryption"
        }
        Refusal::Certificate(CertificateRefusal::IsCa, _) => {
            "the server's certificate signs itself and is marked as a CA, which cannot be verified: make a certificate that a CA \
             signs (basicConstraints CA:FALSE), or use MYSQL_SSL_MODE=REQUIRED, which encrypts and verifies nothing"
        }
        Refusal::NotSupported => "check MYSQL_SSL_MODE and MYSQL_SSL_CA, and the server's TLS settings",
        Refusal::UnreadableCa => "check MYSQL_SSL_CA",
        Refusal::Certificate(CertificateRefusal::Other, _) | Refusal::Other(_) => {
            "check MYSQL_SSL_MODE and MYSQL_SSL_CA"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::settings::ClientCertificate;
    use secrecy::SecretString;
    use std::time::Duration;

    fn settings(password: &str) -> Settings {
        Settings {
            address: Address::Tcp("db".into(), 3306),
            user: "sync".into(),
            login: Login::Password { password: SecretString::from(password), variable: "MYSQL_PASSWORD" },
            database: "shop".into(),
            ssl_mode: SslMode::Preferred,
            ssl_ca: None,
            client_certificate: None,
            stall: Duration::from_secs(600),
            silence: None,
        }
    }

    #[test]
    fn each_kind_names_what_to_check() {
        let server = |number| Kind::Server { number, message: "m".into() };
        let certificate = |refusal| Kind::Tls(Refusal::Certificate(refusal, "invalid".into()));
        let connecting = [
            (
                server(ACCESS_DENIED),
                "it refused user sync: check MYSQL_USER and MYSQL_PASSWORD; no client certificate was shown",
            ),
            (server(UNKNOWN_DATABASE), "no database shop: check MYSQL_DATABASE"),
            (server(ACCESS_DENIED_TO_DATABASE), "GRANT SELECT ON `shop`.* TO 'sync'@'%' (if a role has"),
            (server(HOST_BLOCKED), "from this host for user sync: MySQL error 1129: m"),
            (server(1040), "MySQL error 1040: m"),
            (Kind::ConnectTimeout(Duration::from_secs(8)), "no answer within 8 s: check MYSQL_HOST, MYSQL_PORT"),
            (Kind::NotMySql, "does not speak MySQL: check MYSQL_HOST"),
            (Kind::Closed, "the server closed the connection: check MYSQL_HOST"),
            (Kind::Protocol("odd".into()), "unexpected answer from the server: odd: check MYSQL_HOST"),
            (
                certificate(CertificateRefusal::UnknownIssuer),
                "TLS: invalid: the server's certificate was issued by a CA",
            ),
            (certificate(CertificateRefusal::Expired), "has expired"),
            (certificate(CertificateRefusal::OtherHost), "MYSQL_SSL_MODE=VERIFY_CA"),
            (certificate(CertificateRefusal::OldVersion), "X.509 version 1"),
            (certificate(CertificateRefusal::IsCa), "signs itself and is marked as a CA"),
            (
                Kind::Plugin("client_ed25519".into()),
                "client_ed25519, which is not supported; give user sync (MYSQL_USER)",
            ),
            (server(INSECURE_TRANSPORT), "set MYSQL_SSL_MODE to REQUIRED"),
            (Kind::Tls(Refusal::UnreadableCa), "not valid PEM: check MYSQL_SSL_CA"),
        ];
        let working = [
            (server(TABLE_ACCESS_DENIED), "MySQL error 1142: m (the user of MYSQL_USER needs SELECT on it; if a role"),
            (server(ACCESS_DENIED), "if it is a view: its definer must exist"),
            (server(SYNTAX), "\"where\" in TABLES"),
            (server(STATEMENT_TIMEOUT), "max_execution_time"),
            (Kind::Stalled(Duration::from_secs(5)), "sent nothing for 5 s; if it needs longer"),
            (Kind::Closed, "the server closed the connection"),
            (Kind::LockTaken, "right now; this one read nothing"),
            (Kind::LockLost, "the lock is lost; the destination table is unchanged"),
            (
                Kind::UnwritableKey,
                "cannot express the key's values exactly: read the table over one connection (\"read_connections\": 1 in TABLES)",
            ),
        ];
        let connecting = connecting.map(|(kind, expected)| (Error::from(kind).while_connecting(), expected));
        let working = working.map(|(kind, expected)| (Error::from(kind), expected));
        for (error, expected) in connecting.into_iter().chain(working) {
            let sentence = explain(&error.doing("asking"), &settings("secret"));
            assert!(sentence.starts_with("asking: ") && sentence.contains(expected), "{sentence}");
            assert!(!sentence.contains("secret"), "{sentence}");
        }
        let refused = Error::from(server(ACCESS_DENIED)).while_connecting();
        let unknown = Kind::Tls(Refusal::ClientCertificate("received fatal alert: UnknownCA".into()));
        let unknown = Error::from(unknown).while_connecting();
        for (shown, ssl_mode, of_the_login, of_the_certificate) in [
            (false, SslMode::Preferred, "no client certificate was shown", "the server requires a client certificate"),
            (true, SslMode::Preferred, "was shown if the server has TLS", "refuses the client certificate"),
            (true, SslMode::VerifyCa, "of MYSQL_SSL_CERT was shown", "refuses the client certificate"),
        ] {
            let client = ClientCertificate { certificate: String::new(), key: SecretString::from("key") };
            let settings = Settings { client_certificate: shown.then_some(client), ssl_mode, ..settings("secret") };
            assert!(explain(&refused, &settings).contains(of_the_login));
            assert!(explain(&unknown, &settings).contains(of_the_certificate));
        }
        let plain = Settings { ssl_mode: SslMode::Disabled, ..settings("secret") };
        assert!(!explain(&refused, &plain).contains("certificate"));
        assert!(explain(&refused, &settings("secret\n")).contains("was it stored with echo?"));
        assert!(explain(&refused, &settings("")).contains("default authentication plugin"));
    }
}
