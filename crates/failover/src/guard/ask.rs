use super::seen::{Question, QuestionKind};
use crate::ballot::{Ballot, Given};
use tokio::sync::mpsc;

/// What came of a question to the vote.
pub(super) enum Asked<E> {
    /// It answered.
    Answered(Given),
    /// It did not.
    Failed(E),
}

/// Asks the vote one question after the other, beside the loop.
pub(super) struct Asker<B: Ballot> {
    questions: mpsc::Sender<Question>,
    answers: mpsc::Receiver<Asked<B::Error>>,
    busy: bool,
}

impl<B: Ballot> Asker<B> {
    pub(super) fn new(seat: impl FnMut(&str) -> Result<B, B::Error> + Send + 'static) -> Self {
        let (questions, asked) = mpsc::channel(1);
        let (answer, answers) = mpsc::channel(1);
        tokio::spawn(work(seat, asked, answer));
        Self {
            questions,
            answers,
            busy: false,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    pub(super) fn ask(&mut self, question: Question) {
        self.busy |= self.questions.try_send(question).is_ok();
    }

    /// Waits for an answer; for ever where nothing was asked.
    pub(super) async fn answer(&mut self) -> Asked<B::Error> {
        match self.answers.recv().await {
            Some(answer) => {
                self.busy = false;
                answer
            }
            // Only with the runtime: whoever waits ends, too.
            None => std::future::pending().await,
        }
    }
}

async fn work<B: Ballot>(
    mut seat: impl FnMut(&str) -> Result<B, B::Error> + Send + 'static,
    mut questions: mpsc::Receiver<Question>,
    answers: mpsc::Sender<Asked<B::Error>>,
) {
    let mut seated: Option<(String, B)> = None;
    while let Some(question) = questions.recv().await {
        let answer = match place(&mut seated, &mut seat, &question.mark) {
            Ok(ballot) => answered(ballot, question.kind).await,
            Err(error) => Asked::Failed(error),
        };
        if answers.send(answer).await.is_err() {
            return;
        }
    }
}

fn place<'a, B: Ballot>(
    seated: &'a mut Option<(String, B)>,
    seat: &mut impl FnMut(&str) -> Result<B, B::Error>,
    mark: &str,
) -> Result<&'a mut B, B::Error> {
    let (_, ballot) = match seated.take() {
        Some((seated_for, ballot)) if seated_for == mark => seated.insert((seated_for, ballot)),
        _ => seated.insert((mark.to_owned(), seat(mark)?)),
    };
    Ok(ballot)
}

async fn answered<B: Ballot>(ballot: &mut B, kind: QuestionKind) -> Asked<B::Error> {
    let given = match kind {
        QuestionKind::Look => ballot.look().await.map(Given::Not),
        QuestionKind::Take(record) => ballot.take(&record).await,
        QuestionKind::Adopt(server_id) => ballot.adopt(server_id).await,
        QuestionKind::GiveBack => ballot.give_back().await.map(Given::Not),
        QuestionKind::Renew(published) => ballot.renew(&published).await,
    };
    given.map_or_else(Asked::Failed, Asked::Answered)
}
