//! `flinkrs top`: a cluster in the terminal, kept current. It asks the REST API what the web UI asks, and changes nothing.
//!
//! `state` asks, `rates` counts, `view` draws.

mod rates;
mod state;
mod view;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::Context;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::cluster_client::ClusterClient;
use state::TopState;

/// How often the cluster is asked.
const REFRESH: Duration = Duration::from_secs(2);
/// How long a key may wait.
const KEY_WAIT: Duration = Duration::from_millis(100);

/// Shows the cluster until somebody quits.
pub async fn show(client: &ClusterClient) -> anyhow::Result<()> {
    let mut terminal = ratatui::try_init().context("cannot take over the terminal")?;
    let (sender, keys) = channel();
    let reader = std::thread::spawn(move || read_keys(&sender));
    let outcome = run(client, &mut terminal, &keys).await;
    ratatui::try_restore().context("cannot give the terminal back")?;
    // The reader ends when nobody listens any more.
    drop(keys);
    drop(reader.join());
    outcome
}

async fn run(
    client: &ClusterClient,
    terminal: &mut ratatui::DefaultTerminal,
    keys: &Receiver<Event>,
) -> anyhow::Result<()> {
    let mut state = TopState::default();
    let mut refresh = tokio::time::interval(REFRESH);
    let mut look = tokio::time::interval(KEY_WAIT);
    loop {
        tokio::select! {
            _ = refresh.tick() => state.refresh(client).await,
            _ = look.tick() => {
                let before = state.chosen;
                for event in keys.try_iter() {
                    match event {
                        Event::Key(key) if quits(key) => return Ok(()),
                        Event::Key(KeyEvent { code: KeyCode::Down | KeyCode::Char('j'), kind, .. }) if kind != KeyEventKind::Release => state.go(1),
                        Event::Key(KeyEvent { code: KeyCode::Up | KeyCode::Char('k'), kind, .. }) if kind != KeyEventKind::Release => state.go(-1),
                        _ => {}
                    }
                }
                if state.chosen != before {
                    refresh.reset_immediately();
                }
            }
        }
        terminal.draw(|frame| view::draw(frame, &state)).context("cannot draw")?;
    }
}

fn quits(key: KeyEvent) -> bool {
    matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
        || (key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL))
}

/// Waiting for keys blocks, so it has a thread of its own.
fn read_keys(sender: &Sender<Event>) {
    loop {
        let waiting = event::poll(KEY_WAIT).unwrap_or(false);
        let read = if waiting { event::read().ok() } else { None };
        // A resize that says nothing new asks whether somebody still listens.
        let event = read.unwrap_or(Event::FocusGained);
        if sender.send(event).is_err() {
            return;
        }
    }
}
