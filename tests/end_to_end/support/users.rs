//! Users who may do only what a test grants them.

use std::sync::atomic::{AtomicU32, Ordering};

use super::place::{PASSWORD, Place};
use super::run::Run;

impl Place {
    /// Makes a user with these privileges, each with its table of the place (`*`: all of them), and returns the user's name.
    pub fn user(&self, grants: &[(&str, &str)]) -> String {
        self.user_identified(&format!("BY '{PASSWORD}'"), grants)
    }

    /// The same for a user who logs in by other means: `BY 'another password'`.
    pub fn user_identified(&self, by: &str, grants: &[(&str, &str)]) -> String {
        // Users are the server's, which all tests share; MySQL's names have at most 32 characters.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let user = format!("user_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE USER '{user}'@'%' IDENTIFIED {by}"));
        for (privilege, table) in grants {
            self.grant(&user, privilege, table);
        }
        user
    }

    pub fn grant(&self, user: &str, privilege: &str, table: &str) {
        let table = if table == "*" { table.to_owned() } else { format!("`{table}`") };
        self.sql(&format!("GRANT {privilege} ON `{}`.{table} TO '{user}'@'%'", self.name));
    }

    /// A sync by such a user.
    pub fn sync_as(&self, user: &str) -> Run {
        self.sync().with("MYSQL_USER", user)
    }
}
