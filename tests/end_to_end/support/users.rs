//! Users with only the privileges that a test grants.

use std::sync::atomic::{AtomicU32, Ordering};

use super::place::{PASSWORD, Place};
use super::run::Run;

impl Place {
    /// Creates a user with these privileges, each on a table of the place (`*` for all), and returns the user's name.
    pub fn user(&self, grants: &[(&str, &str)]) -> String {
        self.user_identified(&format!("BY '{PASSWORD}'"), grants)
    }

    /// The same with another way to log in, such as `BY 'another password'`.
    pub fn user_identified(&self, by: &str, grants: &[(&str, &str)]) -> String {
        // All tests share the server's users. MySQL allows 32 characters.
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

    /// A sync as this user.
    pub fn sync_as(&self, user: &str) -> Run {
        self.sync().with("MYSQL_USER", user)
    }
}
