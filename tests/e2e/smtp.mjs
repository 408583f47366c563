// A mail server for tests, in plain text, and a reader of the mails that it got. `answer(verb, line, session)` may give the reply to a
// command ("550 5.1.1 no such user") instead of the usual one; verbs: "EHLO" "AUTH" "MAIL" "RCPT" "DATA" "END" (the final point).
import net from 'node:net';

export class Smtp {
  static start(answer = () => undefined) {
    const smtp = new Smtp();
    smtp.answer = answer;
    smtp.mails = [];
    smtp.commands = [];
    smtp.sockets = new Set();
    smtp.server = net.createServer((socket) => smtp.serve(socket));
    return new Promise((done) => smtp.server.listen(0, '127.0.0.1', () => { smtp.port = smtp.server.address().port; done(smtp); }));
  }

  serve(socket) {
    const session = { from: '', to: [] };
    let rest = '', data = null;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    const say = (text) => socket.write(`${text}\r\n`);
    const reply = (verb, line, usual) => {
      const own = this.answer(verb, line, session);
      if (own !== null) say(own ?? usual);
      return !own || own[0] === '2' || own[0] === '3';
    };
    const command = (line) => {
      this.commands.push(line);
      const verb = line.split(/[ :]/)[0].toUpperCase();
      if (verb === 'EHLO') reply('EHLO', line, '250-test\r\n250-8BITMIME\r\n250 SIZE 10000000');
      else if (verb === 'MAIL') { if (reply('MAIL', line, '250 ok')) session.from = /<(.*?)>/.exec(line)[1]; }
      else if (verb === 'RCPT') { if (reply('RCPT', line, '250 ok')) session.to.push(/<(.*?)>/.exec(line)[1]); }
      else if (verb === 'DATA') { if (reply('DATA', line, '354 go on')) data = ''; }
      else if (verb === 'QUIT') { say('221 bye'); socket.end(); }
      else reply(verb, line, '502 no');
    };
    socket.on('data', (bytes) => {
      rest += bytes.toString('latin1');
      for (;;) {
        const end = rest.indexOf('\r\n');
        if (end < 0) return;
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data === null) { command(line); continue; }
        if (line !== '.') { data += `${line.startsWith('.') ? line.slice(1) : line}\r\n`; continue; }
        const mail = { from: session.from, to: [...session.to], raw: Buffer.from(data, 'latin1') };
        data = null;
        if (reply('END', '', '250 2.0.0 taken')) this.mails.push(Object.assign(mail, parseMail(mail.raw)));
        session.to = [];
      }
    });
    say('220 test ESMTP');
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
