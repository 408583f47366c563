// A mail server for tests and a reader of the mails that it got. `answer(verb, line, session)` may give the reply to a command ("550 5.1.1 no
// such user", null: silence) instead of the usual one; verbs: "HELLO" (the greeting) "EHLO" "AUTH" "MAIL" "RCPT" "DATA" "END" (the final point).
// With `tls` ({key, cert}) it offers STARTTLS, or speaks TLS at once (`direct`); with `users` ({name: password}) it wants a sign-in, by `auth`.
import net from 'node:net';
import tls from 'node:tls';

export class Smtp {
  static start(answer = () => undefined, options = {}) {
    const smtp = new Smtp();
    smtp.answer = answer;
    smtp.options = { auth: ['PLAIN', 'LOGIN'], ...options };
    smtp.mails = [];
    smtp.commands = [];
    smtp.sockets = new Set();
    smtp.server = options.direct ? tls.createServer(options.tls, (socket) => smtp.serve(socket)) : net.createServer((socket) => smtp.serve(socket));
    smtp.server.on('tlsClientError', () => {});
    return new Promise((done) => smtp.server.listen(0, '127.0.0.1', () => { smtp.port = smtp.server.address().port; done(smtp); }));
  }

  serve(socket) {
    const session = { from: '', to: [], secure: Boolean(this.options.direct), user: null };
    const { users, auth } = this.options;
    let rest = '', data = null, asks = null, talk;
    const say = (text) => socket.write(`${text}\r\n`);
    const reply = (verb, line, usual) => {
      const own = this.answer(verb, line, session);
      if (own !== null) say(own ?? usual);
      return !own || own[0] === '2' || own[0] === '3';
    };
    const enter = (name, password) => {
      if (users?.[name] === password && password) { session.user = name; say('235 2.7.0 welcome'); } else say('535 5.7.8 no');
    };
    const secure = () => {
      socket.removeAllListeners('data');
      socket = new tls.TLSSocket(socket, { isServer: true, ...this.options.tls });
      session.secure = true;
      talk();
    };
    const base64 = (text) => Buffer.from(text, 'base64').toString('utf8');
    const command = (line) => {
      if (asks) return asks(line);
      this.commands.push(line);
      const verb = line.split(/[ :]/)[0].toUpperCase();
      const offers = [this.options.tls && !session.secure && 'STARTTLS', users && session.secure && `AUTH ${auth.join(' ')}`].filter(Boolean);
      if (verb === 'EHLO') reply('EHLO', line, ['250-test', ...offers.map((one) => `250-${one}`), '250-8BITMIME', '250 SIZE 10000000'].join('\r\n'));
      else if (verb === 'STARTTLS' && this.options.tls) { say('220 go on'); secure(); }
      else if (verb === 'AUTH' && /^AUTH PLAIN/i.test(line)) {
        const take = (words) => { asks = null; const [, name, password] = base64(words).split('\0'); enter(name, password); };
        const words = line.split(' ')[2];
        if (words) take(words); else { asks = take; say('334 '); }
      } else if (verb === 'AUTH' && /^AUTH LOGIN/i.test(line)) {
        const second = (name) => { asks = (words) => { asks = null; enter(name, base64(words)); }; say('334 UGFzc3dvcmQ6'); };
        const words = line.split(' ')[2];
        if (words) second(base64(words)); else { asks = (name) => second(base64(name)); say('334 VXNlcm5hbWU6'); }
      } else if (verb === 'MAIL' && users && !session.user) say('530 5.7.0 sign in first');
      else if (verb === 'MAIL') { if (reply('MAIL', line, '250 ok')) session.from = /<(.*?)>/.exec(line)[1]; }
      else if (verb === 'RCPT') { if (reply('RCPT', line, '250 ok')) session.to.push(/<(.*?)>/.exec(line)[1]); }
      else if (verb === 'DATA') { if (reply('DATA', line, '354 go on')) data = ''; }
      else if (verb === 'QUIT') { say('221 bye'); socket.end(); }
      else reply(verb, line, '502 no');
    };
    const hear = (bytes) => {
      rest += bytes.toString('latin1');
      for (;;) {
        const end = rest.indexOf('\r\n');
        if (end < 0) return;
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data === null) { command(line); continue; }
        if (line !== '.') { data += `${line.startsWith('.') ? line.slice(1) : line}\r\n`; continue; }
        const mail = { from: session.from, to: [...session.to], secure: session.secure, user: session.user, raw: Buffer.from(data, 'latin1') };
        data = null;
        if (reply('END', '', '250 2.0.0 taken')) this.mails.push(Object.assign(mail, parseMail(mail.raw)));
        session.to = [];
      }
    };
    talk = () => {
      const mine = socket;
      this.sockets.add(mine);
      mine.on('close', () => this.sockets.delete(mine));
      mine.on('error', () => {});
      mine.on('data', hear);
    };
    talk();
    reply('HELLO', '', '220 test ESMTP');
  }

  stop() { for (const socket of this.sockets) socket.destroy(); return new Promise((done) => this.server.close(done)); }
}

const words = (text) => text.replace(/\?=\s+=\?/g, '?==?').replace(/((?:=\?utf-8\?B\?[^?]*\?=)+)/gi, (run) =>
  Buffer.concat([...run.matchAll(/=\?utf-8\?B\?([^?]*)\?=/gi)].map((m) => Buffer.from(m[1], 'base64'))).toString('utf8'));

function split(text) {
  const at = text.indexOf('\r\n\r\n');
  const headers = {};
  const lines = text.slice(0, at).replace(/\r\n[ \t]/g, ' ').split('\r\n');
  for (const line of lines) {
    const colon = line.indexOf(':');
    (headers[line.slice(0, colon).toLowerCase()] ??= []).push(line.slice(colon + 1).trim());
  }
  return { headers, body: text.slice(at + 4) };
}

function decode({ headers, body }) {
  const how = headers['content-transfer-encoding']?.[0] ?? '7bit';
  if (how === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  const bytes = how === 'quoted-printable'
    ? body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))) : body;
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

// {"headers": {name: [values]}, "subject", "text", "html"}
export function parseMail(raw) {
  const text = raw.toString('latin1');
  const whole = split(text);
  const mail = { headers: whole.headers, subject: words(whole.headers.subject?.[0] ?? ''), fromName: words(whole.headers.from?.[0] ?? ''), toName: words(whole.headers.to?.[0] ?? '') };
  const boundary = /boundary="([^"]+)"/.exec(whole.headers['content-type']?.[0] ?? '')?.[1];
  if (!boundary) return Object.assign(mail, { text: decode(whole).replace(/\r\n/g, '\n') });
  const parts = whole.body.split(`--${boundary}`).slice(1, -1).map((part) => split(part.replace(/^\r\n/, '')));
  mail.types = parts.map((part) => part.headers['content-type'][0]);
  mail.text = decode(parts[0]).replace(/\r\n/g, '\n');
  mail.html = decode(parts[1]);
  return mail;
}
