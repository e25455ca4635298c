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
use dataflow::JobId;

use crate::cluster_client::ClusterClient;
use state::{Answers, TopState};

/// How often the cluster is asked.
const REFRESH: Duration = Duration::from_secs(2);
/// How long a key may wait.
const KEY_WAIT: Duration = Duration::from_millis(100);

/// Vertices that a key moves by.
const PAGE: isize = 5;

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
    let mut look = tokio::time::interval(KEY_WAIT);
    let mut ask = std::pin::pin!(asked(client, None, Duration::ZERO));
    loop {
        // A cluster that does not answer holds up no key.
        tokio::select! {
            outcome = &mut ask => {
                state.take(outcome);
                ask.set(asked(client, state.chosen, REFRESH));
            }
            _ = look.tick() => {
                let before = state.chosen;
                for event in keys.try_iter() {
                    let Event::Key(key) = event else { continue };
                    if quits(key) {
                        return Ok(());
                    }
                    follow(&mut state, key);
                }
                if state.chosen != before {
                    ask.set(asked(client, state.chosen, Duration::ZERO));
                }
            }
        }
        terminal.draw(|frame| view::draw(frame, &state)).context("cannot draw")?;
    }
}

async fn asked(client: &ClusterClient, chosen: Option<JobId>, after: Duration) -> anyhow::Result<Answers> {
    tokio::time::sleep(after).await;
    Answers::ask(client.clone(), chosen).await
}

fn follow(state: &mut TopState, key: KeyEvent) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    match key.code {
        KeyCode::Down | KeyCode::Char('j') => state.go(1),
        KeyCode::Up | KeyCode::Char('k') => state.go(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => state.scroll(PAGE),
        KeyCode::PageUp | KeyCode::Char('b') => state.scroll(-PAGE),
        KeyCode::Home => state.scroll(isize::MIN),
        _ => {}
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
