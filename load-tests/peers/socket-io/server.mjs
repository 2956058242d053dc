// Socket.IO as its documentation has it: a room for each channel, `subscribe` and `publish` as events.
//   PORT   REDIS_URL (not given: everything is in this process)
//   RECOVERY=on (connection state recovery; the Redis stream then keeps MAX_LEN entries, 10000)
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const { PORT, REDIS_URL, RECOVERY, MAX_LEN } = process.env;

async function redisAdapter(url) {
  const { createClient } = await import('redis');
  const { createAdapter } = await import('@socket.io/redis-streams-adapter');
  const client = createClient({ url });
  await client.connect();
  return createAdapter(client, { onlyPlaintext: true, maxLen: Number(MAX_LEN ?? 10_000) });
}

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  ...(RECOVERY === 'on' && { connectionStateRecovery: {} }),
  ...(REDIS_URL && { adapter: await redisAdapter(REDIS_URL) }),
});

// Its documentation advises to let go of the first request: it is kept for as long as the connection.
io.engine.on('connection', (rawSocket) => {
  rawSocket.request = null;
});

io.on('connection', (socket) => {
  socket.on('subscribe', async (channel, done) => {
    await socket.join(channel);
    done?.();
  });
  socket.on('publish', (channel, news, done) => {
    io.to(channel).emit('news', news);
    done?.();
  });
});

http.listen(Number(PORT), '127.0.0.1');
