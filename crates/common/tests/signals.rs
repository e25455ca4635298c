//! A real process and real signals: the first asks it to end, the second makes it.
//!
//! The test runs its own binary again as the process to be signalled.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use common::shutdown::Shutdown;

const CHILD: &str = "COMMON_TEST_SIGNALLED_PROCESS";

#[test]
fn the_first_signal_triggers_and_the_second_exits() {
    if std::env::var_os(CHILD).is_some() {
        return signalled_process();
    }
    for (signal, exit_code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        // Whoever started the tests may have had hangups ignored, as nohup does, and children inherit that.
        let mut child = Command::new("env")
            .arg("--default-signal=HUP")
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "the_first_signal_triggers_and_the_second_exits", "--nocapture"])
            .env(CHILD, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        // The test harness may write on the same line before.
        assert!(lines.any(|line| line.ends_with("listening")));
        let send = || Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert!(send().success());
        assert_eq!(lines.next().as_deref(), Some("triggered"));
        assert!(send().success());
        assert_eq!(child.wait().unwrap().code(), Some(exit_code));
    }
}

fn signalled_process() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown.listen_for_signals().expect("signals can be listened for");
        shutdown.listen_for_hangup().expect("signals can be listened for");
        println!("listening");
        shutdown.triggered().await;
        println!("triggered");
        // Stuck, until the second signal.
        std::future::pending::<()>().await;
    });
}

#[test]
fn who_was_started_to_ignore_hangups_goes_on_doing_so() {
    let own = std::env::current_exe().unwrap();
    let test = "the_first_signal_triggers_and_the_second_exits";
    let ignoring = format!("trap '' HUP; exec '{}' --exact {test} --nocapture", own.display());
    let mut child = Command::new("sh").args(["-c", &ignoring]).env(CHILD, "1").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with("listening")));
    let send = |signal: &str| Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(send("-HUP").success() && send("-HUP").success() && send("-TERM").success());
    assert_eq!(lines.next().as_deref(), Some("triggered"));
    assert!(send("-TERM").success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
