//! nginx, which answers the same each time.

use std::net::TcpListener;
use std::process::Command;

use super::{STATIC, Served};
use crate::Failure;

impl Served {
    /// nginx with `return 200` and one process; `None` where there is no nginx.
    ///
    /// # Errors
    /// It does not start.
    pub fn nginx() -> Result<Option<Self>, Failure> {
        if Command::new("nginx").arg("-v").output().is_err() {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        let path = folder.path().display();
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|what| format!("{what}_temp_path {path}/{what};"))
            .concat();
        let configuration = format!(
            "daemon off; master_process off; pid {path}/pid; error_log stderr;
             events {{ worker_connections 20000; }}
             http {{ access_log off; {temporary} keepalive_requests 1000000000; server {{ listen {address};
                 location / {{ default_type application/json; return 200 '{STATIC}'; }} }} }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration)?;
        let mut command = Command::new("nginx");
        command.arg("-e").arg("stderr").arg("-p").arg(folder.path());
        command.arg("-c").arg(file);
        Self::listening(command, folder, address).map(Some)
    }
}
