//! Asking etcd: one member after another, within one limit.

use super::{
    EtcdError,
    channel::{Undialled, dial},
    messages::{AuthenticateRequest, AuthenticateResponse},
    settings::EtcdSettings,
};
use dbha_core::harmless;
use http::uri::PathAndQuery;
use prost::Message;
use std::time::{Duration, Instant};
use tonic::{
    Code, Request, Status,
    client::Grpc,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};
use tonic_prost::ProstCodec;

/// Pause before every member is asked again.
const PAUSE: Duration = Duration::from_millis(50);
/// The most that is told of who was tried.
const TOLD: usize = 6;

/// A method of etcd's interface.
#[derive(Debug, Clone, Copy)]
pub(super) struct Method(pub(super) &'static str);

const AUTHENTICATE: Method = Method("/etcdserverpb.Auth/Authenticate");

/// The connection to whichever member answered last.
pub(super) struct Client {
    settings: EtcdSettings,
    limit: Duration,
    at: usize,
    channel: Option<Channel>,
    token: Option<MetadataValue<Ascii>>,
}

/// Why one member gave no answer.
enum Fault {
    /// Another one may.
    Next(String),
    /// None will.
    Final(EtcdError),
}

impl Client {
    pub(super) fn new(settings: EtcdSettings, limit: Duration) -> Self {
        Self {
            settings,
            limit,
            at: 0,
            channel: None,
            token: None,
        }
    }

    /// Returns the moment by which everything that is asked from now on has to be answered.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.limit
    }

    /// Names the member that is asked next.
    pub(super) fn endpoint(&self) -> &str {
        self.settings
            .endpoints
            .get(self.at)
            .map_or("", |endpoint| endpoint.url.as_str())
    }

    /// Asks until a member answers or the time is over; what is asked may be done more than once.
    ///
    /// A member that is silent takes its share of the time only.
    pub(super) async fn ask<Q, A>(
        &mut self,
        method: Method,
        question: Q,
        until: Instant,
    ) -> Result<A, EtcdError>
    where
        Q: Message + Clone + Send + Sync + 'static,
        A: Message + Default + Send + Sync + 'static,
    {
        let mut tried: Vec<String> = vec![];
        loop {
            for left in (1..=self.settings.endpoints.len()).rev() {
                let share =
                    until.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(1);
                let asked = tokio::time::timeout(share, self.ask_one(method, question.clone())).await;
                let said = match asked {
                    Ok(Ok(answer)) => return Ok(answer),
                    Ok(Err(Fault::Final(error))) => return Err(error),
                    Ok(Err(Fault::Next(text))) => text,
                    Err(_) => "silent".to_owned(),
                };
                // The first word of a member says most: what comes after is often only that it has hung up.
                let member = format!("{}: ", self.endpoint());
                if tried.len() < TOLD && !tried.iter().any(|told| told.starts_with(&member)) {
                    tried.push(member + &said);
                }
                self.turn_to_next();
            }
            if Instant::now() + PAUSE >= until {
                return Err(EtcdError::Unanswered {
                    limit: self.limit,
                    tried: harmless(&tried.join("; ")),
                });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn turn_to_next(&mut self) {
        self.channel = None;
        self.at = (self.at + 1) % self.settings.endpoints.len().max(1);
    }

    async fn ask_one<Q, A>(&mut self, method: Method, question: Q) -> Result<A, Fault>
    where
        Q: Message + Clone + Send + Sync + 'static,
        A: Message + Default + Send + Sync + 'static,
    {
        let channel = self.connected().await?;
        if self.token.is_none() {
            self.log_in(&channel).await?;
        }
        match call(channel.clone(), method, question.clone(), self.token.clone()).await {
            Err(status) if self.token.is_some() && is_stale_login(&status) => {
                self.token = None;
                self.log_in(&channel).await?;
                let again = call(channel, method, question, self.token.clone()).await;
                again.map_err(|status| self.fault(&status))
            }
            answer => answer.map_err(|status| self.fault(&status)),
        }
    }

    async fn connected(&mut self) -> Result<Channel, Fault> {
        if let Some(channel) = &self.channel {
            return Ok(channel.clone());
        }
        let Some(endpoint) = self.settings.endpoints.get(self.at) else {
            return Err(Fault::Final(EtcdError::Settings("no URL is given".into())));
        };
        match dial(&self.settings, endpoint).await {
            Ok(channel) => {
                self.channel = Some(channel.clone());
                Ok(channel)
            }
            Err(Undialled::Unusable(error)) => Err(Fault::Final(error)),
            Err(Undialled::Unreachable(text)) => Err(Fault::Next(text)),
        }
    }

    async fn log_in(&mut self, channel: &Channel) -> Result<(), Fault> {
        let Some(login) = &self.settings.login else {
            return Ok(());
        };
        let question = AuthenticateRequest {
            name: login.user.clone(),
            password: login.password.expose().to_owned(),
        };
        let answer: Result<AuthenticateResponse, Status> =
            call(channel.clone(), AUTHENTICATE, question, None).await;
        let answer = answer.map_err(|status| self.fault(&status))?;
        let token = MetadataValue::try_from(answer.token);
        let mut token = token.map_err(|_| Fault::Next("the token that it gave is none".into()))?;
        token.set_sensitive(true);
        self.token = Some(token);
        Ok(())
    }

    fn fault(&self, status: &Status) -> Fault {
        match status.code() {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Aborted
            | Code::ResourceExhausted
            | Code::Internal
            | Code::Unknown => Fault::Next(told(status)),
            _ => Fault::Final(EtcdError::Refused {
                endpoint: self.endpoint().to_owned(),
                text: harmless(status.message()),
            }),
        }
    }
}

/// Says what a member answered, or why nothing could be read of it; the status itself would show its inner form.
fn told(status: &Status) -> String {
    let mut text = status.message().to_owned();
    if let Some(cause) = std::error::Error::source(status) {
        text = dbha_core::error_chain(cause);
    }
    harmless(&text)
}

/// Tokens end after some minutes without use, with a member's restart, and when users are changed.
fn is_stale_login(status: &Status) -> bool {
    status.code() == Code::Unauthenticated
        || (status.code() == Code::InvalidArgument && status.message().contains("auth"))
}

async fn call<Q, A>(
    channel: Channel,
    method: Method,
    question: Q,
    token: Option<MetadataValue<Ascii>>,
) -> Result<A, Status>
where
    Q: Message + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    let mut grpc = Grpc::new(channel);
    grpc.ready()
        .await
        .map_err(|error| Status::unavailable(dbha_core::error_chain(&error)))?;
    let mut request = Request::new(question);
    // A member that knows of no leader says so at once, instead of waiting for one.
    request
        .metadata_mut()
        .insert("hasleader", MetadataValue::from_static("true"));
    if let Some(token) = token {
        request.metadata_mut().insert("token", token);
    }
    let path = PathAndQuery::from_static(method.0);
    // One question and one answer are the same on the wire, whether or not the method could take several.
    let codec = ProstCodec::<Q, A>::default();
    Ok(grpc.unary(request, path, codec).await?.into_inner())
}
