use std::io::{self, IoSlice};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A stream to a server: TCP, a socket, or TLS over TCP.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// Bytes in one read from the stream.
const READ_BYTES: usize = 256 << 10;
/// Most bytes in one frame; a packet of so many or more goes on in the next one.
const FRAME_BYTES: usize = 0xff_ffff;
/// Bytes of a frame's head: three of length, one of sequence.
const HEAD_BYTES: usize = 4;

/// The packets of the client protocol on a stream, without copying those that fit into the read buffer.
pub(super) struct Packets {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// A packet that did not fit into the buffer.
    large: Vec<u8>,
    sequence: u8,
    longest: usize,
}

impl Packets {
    /// Takes over a stream; packets longer than `longest` bytes are refused.
    pub(super) fn new(stream: Box<dyn Stream>, longest: usize) -> Self {
        Self {
            stream,
            buffer: vec![0; READ_BYTES],
            start: 0,
            end: 0,
            large: Vec::new(),
            sequence: 0,
            longest,
        }
    }

    /// Hands the bare stream out, to be wrapped in TLS; nothing may have been received ahead.
    pub(super) fn into_stream(self) -> io::Result<(Box<dyn Stream>, u8)> {
        match self.start == self.end {
            true => Ok((self.stream, self.sequence)),
            false => Err(malformed("data before TLS")),
        }
    }

    /// Goes on with the sequence of the stream that was wrapped.
    pub(super) fn go_on_from(&mut self, sequence: u8) {
        self.sequence = sequence;
    }

    /// Begins a new command: its packets are counted from 0.
    pub(super) fn begin_command(&mut self) {
        self.sequence = 0;
    }

    /// Reads the next packet; it lies where it is until the next call.
    pub(super) async fn read(&mut self) -> io::Result<&[u8]> {
        self.large = Vec::new();
        let length = self.read_head().await?;
        if length <= READ_BYTES {
            self.fill(length).await?;
            let start = self.start;
            self.start += length;
            return Ok(&self.buffer[start..start + length]);
        }
        let mut length = length;
        loop {
            self.read_large(length).await?;
            if length < FRAME_BYTES {
                return Ok(&self.large);
            }
            length = self.read_head().await?;
        }
    }

    async fn read_head(&mut self) -> io::Result<usize> {
        self.fill(HEAD_BYTES).await?;
        let head = &self.buffer[self.start..self.start + HEAD_BYTES];
        let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
        self.sequence = head[3].wrapping_add(1);
        self.start += HEAD_BYTES;
        Ok(length)
    }

    /// Sees to it that so many bytes lie ahead in the buffer.
    async fn fill(&mut self, bytes: usize) -> io::Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.start + bytes > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        while self.end - self.start < bytes {
            match self.stream.read(&mut self.buffer[self.end..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => self.end += more,
            }
        }
        Ok(())
    }

    async fn read_large(&mut self, length: usize) -> io::Result<()> {
        if self.large.len() + length > self.longest {
            return Err(malformed("a packet that is longer than allowed"));
        }
        let here = length.min(self.end - self.start);
        self.large.reserve_exact(length);
        self.large
            .extend_from_slice(&self.buffer[self.start..self.start + here]);
        self.start += here;
        // Grown as it comes: a length alone must not take memory.
        let mut rest = (&mut self.stream).take((length - here) as u64);
        let read = rest.read_to_end(&mut self.large).await?;
        match read == length - here {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Writes one packet that consists of two parts, the first of them short.
    pub(super) async fn write(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        if head.len() + body.len() < FRAME_BYTES {
            self.write_frame(head, body).await?;
        } else {
            let first = FRAME_BYTES - head.len();
            self.write_frame(head, &body[..first]).await?;
            let mut rest = &body[first..];
            loop {
                let (now, later) = rest.split_at(rest.len().min(FRAME_BYTES));
                self.write_frame(&[], now).await?;
                // A frame that is full says that another one follows, be it empty.
                if now.len() < FRAME_BYTES {
                    break;
                }
                rest = later;
            }
        }
        self.stream.flush().await
    }

    async fn write_frame(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let length = (head.len() + body.len()).to_le_bytes();
        let mut first = Vec::with_capacity(HEAD_BYTES + head.len());
        first.extend_from_slice(&[length[0], length[1], length[2], self.sequence]);
        first.extend_from_slice(head);
        self.sequence = self.sequence.wrapping_add(1);
        let total = first.len() + body.len();
        let mut written = 0;
        while written < total {
            let more = match written < first.len() {
                true => {
                    let both = [IoSlice::new(&first[written..]), IoSlice::new(body)];
                    self.stream.write_vectored(&both).await?
                }
                false => self.stream.write(&body[written - first.len()..]).await?,
            };
            if more == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            written += more;
        }
        Ok(())
    }
}

/// The server sent something that does not belong into the protocol.
pub(super) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echoed(bodies: &[Vec<u8>]) {
        let (here, there) = tokio::io::duplex(1 << 16);
        let mut writer = Packets::new(Box::new(here), 1 << 30);
        let mut reader = Packets::new(Box::new(there), 1 << 30);
        let write = async {
            for body in bodies {
                writer.begin_command();
                writer.write(&[7], body).await.unwrap();
            }
        };
        let read = async {
            for body in bodies {
                let got = reader.read().await.unwrap();
                assert_eq!(got[0], 7);
                assert!(got[1..] == body[..], "{} bytes", body.len());
            }
        };
        tokio::join!(write, read);
    }

    #[tokio::test]
    async fn packets_of_every_size_come_over() {
        let sizes = [
            0,
            1,
            READ_BYTES - 2,
            READ_BYTES - 1,
            READ_BYTES,
            READ_BYTES + 1,
            FRAME_BYTES - 2,
            FRAME_BYTES - 1,
            FRAME_BYTES,
            FRAME_BYTES + 1,
            2 * FRAME_BYTES - 1,
            5,
        ];
        let bodies: Vec<Vec<u8>> = sizes
            .iter()
            .map(|size| (0..*size).map(|at| (at % 251) as u8).collect())
            .collect();
        echoed(&bodies).await;
    }

    #[tokio::test]
    async fn scenario_82_a_packet_longer_than_allowed_is_refused() {
        let (mut here, there) = tokio::io::duplex(1 << 10);
        let mut reader = Packets::new(Box::new(there), 1 << 20);
        here.write_all(&[0xff, 0xff, 0xff, 0]).await.unwrap();
        assert_eq!(
            reader.read().await.unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
