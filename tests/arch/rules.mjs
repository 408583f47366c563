// The architecture as rules that fail the build: floors, sizes, exports, banned functions, who may include what. Each rule is a function that
// returns the places that break it.
import { readFileSync, readdirSync, existsSync, mkdtempSync, cpSync, rmSync, writeFileSync, statSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join, dirname, basename, resolve } from 'node:path';
import { tmpdir } from 'node:os';

const build = resolve(process.env.BUILD || 'build');
const walk = (dir) => !existsSync(dir) ? [] : readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
  entry.name === 'node_modules' ? [] : entry.isDirectory() ? walk(join(dir, entry.name)) : [join(dir, entry.name)]);
const sources = ['core', 'sdk', 'plugins'].flatMap(walk).filter((file) => /\.[ch]$/.test(file));
const core = sources.filter((file) => file.startsWith('core/'));
const text = Object.fromEntries([...sources, ...walk('tests').filter((f) => /\.[ch]$/.test(f))].map((file) => [file, readFileSync(file, 'utf8')]));
const includes = (file) => [...text[file].matchAll(/^\s*#\s*include\s+([<"])([^>"]+)[>"]/gm)].map((m) => ({ own: m[1] === '"', name: m[2] }));
// comments and strings blanked, lines kept
const bare = (source) => source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'/g, (m) => m.replace(/[^\n]/g, ' '));
const run = (file, args, options) => execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });

const floors = { base: 0, store: 1, plugin: 2, script: 2, web: 3, shop: 3, bridge: 4, app: 5 };
// Third-party headers and the only places that may include them.
const owners = [
  [/^microhttpd\.h$/, /^core\/web\//], [/^sqlite3\.h$/, /^core\/store\/(sqlite|tool)/], [/^(lua|lauxlib|lualib)\.h$/, /^core\/script\//],
  [/^jansson\.h$/, /^core\/base\/json\.c$/], [/^curl\//, /^core\/web\/client/], [/^wslay\//, /^core\/web\/push/], [/^nettle\//, /^core\/(web\/push|shop\/staff|bridge\/crypto)/],
  [/^utf8proc\.h$/, /^core\/base\/utf8\.c$/], [/^seccomp\.h$/, /^core\/(script|app\/image)\//], [/^dlfcn\.h$/, /^core\/(plugin\/stage|base\/mapping)/],
  [/^zlib\.h$/, /^core\/web\//], [/^cmark\.h$/, /^core\/shop\/page/], [/^libstemmer\.h$/, /^core\/shop\/search/], [/^gd\.h$/, /^core\/app\/image\//], [/^qrencode\.h$/, /^core\/app\/admin\/qr\.c$/],
];

const rules = {
  'includes point down, never between web and shop'() {
    return core.flatMap((file) => includes(file).filter((include) => include.own).flatMap((include) => {
      const [from, to] = [file.split('/')[1], include.name.split('/')[0]];
      if (!(to in floors)) return existsSync(join(dirname(file), include.name)) ? [] : [`${file}: "${include.name}" is on no floor`];
      const wrong = floors[to] > floors[from] || (floors[to] === floors[from] && to !== from);
      return wrong ? [`${file}: floor ${from} includes ${include.name}`] : [];
    }));
  },
  'sdk and plugins include nothing of core'() {
    return sources.filter((file) => !file.startsWith('core/') && !file.startsWith('sdk/host/')).flatMap((file) =>
      includes(file).filter(({ name }) => name.split('/')[0] in floors && existsSync(join('core', name))).map(({ name }) => `${file}: ${name}`));
  },
  'third-party headers stay in their one place'() {
    return core.flatMap((file) => includes(file).flatMap(({ name }) =>
      owners.filter(([header, place]) => header.test(name) && !place.test(file)).map(() => `${file}: ${name}`)));
  },
  'files and functions keep their size'() {
    return sources.flatMap((file) => {
      const lines = text[file].split('\n');
      const most = file.endsWith('.c') ? 800 : file.startsWith('sdk/') ? 500 : 300;
      const wrong = lines.length - 1 > most ? [`${file}: ${lines.length - 1} lines, at most ${most}`] : [];
      if (file.endsWith('.c')) {
        let start = -1;
        bare(text[file]).split('\n').forEach((line, i) => {
          if (line === '{') start = i;
          if (line === '}' && start >= 0) {
            if (i - start > 81) wrong.push(`${file}:${start + 1}: a function of ${i - start - 1} lines, at most 80`);
            start = -1;
          }
        });
      }
      return wrong;
    });
  },
  'a file opens by saying what it is for'() {
    return sources.filter((file) => {
      const opening = /^\/\*([\s\S]*?)\*\//.exec(text[file]);
      return !opening || opening[1].replace(/[\s*]+/g, ' ').length < 60;
    });
  },
  'no banned function'() {
    const banned = /(?<![\w>.])(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|rand|srand|localtime|gmtime|setjmp|longjmp|system|popen|dlclose|sleep|usleep)\s*\(/g;
    return sources.flatMap((file) => bare(text[file]).split('\n').flatMap((line, i) =>
      [...line.matchAll(banned)].map((m) => `${file}:${i + 1}: ${m[1]}`)));
  },
  'no floating point where money is'() {
    return sources.filter((file) => /^core\/(shop|base\/money)/.test(file)).flatMap((file) => bare(text[file]).split('\n').flatMap((line, i) =>
      /\b(double|float)\b/.test(line) ? [`${file}:${i + 1}`] : []));
  },
  'nothing of this machine and nothing left undone'() {
    const wrong = /\b(TODO|FIXME)\b|["'= ]\/(home|root|Users)\/|https?:\/\/(deb|registry)\./;
    const files = [...sources, ...walk('tests'), ...walk('sdk'), ...walk('.ci'), 'Makefile', 'README.md'].filter((file) =>
      existsSync(file) && !/\/arch\/rules\.mjs$|\.(so|o|gz)$/.test(file) && statSync(file).size < 1 << 20);
    return [...new Set(files)].flatMap((file) => readFileSync(file, 'utf8').split('\n').flatMap((line, i) => wrong.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : []));
  },
  'the core exports nothing'() {
    const own = run('nm', ['-D', '--defined-only', join(build, 'souk')]).split('\n').map((line) => line.split(' ').pop());
    return own.filter((name) => name && !/@GLIBC/.test(name) && !/^(_init|_fini|__|_ITM|_edata|_end|__asan|__ubsan|__tsan|__lsan|_IO_stdin_used)/.test(name) && !process.env.SANITIZE);
  },
  'each plugin exports souk_plugin alone'() {
    return walk(join(build, 'plugins')).filter((file) => file.endsWith('.so')).flatMap((file) => {
      const names = run('nm', ['-D', '--defined-only', file]).split('\n').filter(Boolean).map((line) => line.split(' ').pop());
      return names.join() === 'souk_plugin' || process.env.SANITIZE ? [] : [`${basename(file)}: ${names.join(' ')}`];
    });
  },
  'the public headers are C11 and C++17 without a warning'() {
    const dir = mkdtempSync(join(tmpdir(), 'souk-'));
    try {
      for (const [tool, name, standard] of [['gcc', 'a.c', 'c11'], ['g++', 'a.cpp', 'c++17']]) {
        writeFileSync(join(dir, name), '#include <souk.h>\nint main(void);\nint main(void) { return 0; }\n');
        run(tool, [`-std=${standard}`, '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', '-Isdk/include', join(dir, name)]);
      }
      return [];
    } catch (error) {
      return [error.stderr ?? String(error)];
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
  'a plugin builds in a folder that holds only sdk/ and itself'() {
    const dir = mkdtempSync(join(tmpdir(), 'souk-'));
    try {
      cpSync('sdk', join(dir, 'sdk'), { recursive: true });
      for (const name of readdirSync(join(dir, 'sdk/examples'))) {
        const folder = join(dir, 'sdk/examples', name);
        run('make', ['--no-print-directory', '-C', folder], { env: { ...process.env, MAKEFLAGS: '', SANITIZE: '', OUT: folder } });
        if (!existsSync(join(folder, `${name}.so`))) return [`${name}.so was not made`];
      }
      return [];
    } catch (error) {
      return [error.stderr ?? String(error)];
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
  'hello shows every surface in under 120 lines'() {
    const source = readFileSync('sdk/examples/hello/hello.c', 'utf8');
    const surfaces = ['options', 'routes', 'pages', 'slots', 'events', 'jobs', 'commands', 'migrations', 'files'];
    return [...surfaces.filter((name) => !source.includes(`.${name} = SOUK_TABLE(`)).map((name) => `hello has no ${name}`),
      ...(source.split('\n').length > 120 ? [`hello.c has ${source.split('\n').length - 1} lines`] : [])];
  },
};

let broken = 0;
for (const [name, rule] of Object.entries(rules)) {
  const places = rule();
  if (places.length) broken++;
  console.log(`${places.length ? 'not ok' : 'ok'} ${name}`);
  for (const place of places.slice(0, 20)) console.log(`    ${place}`);
}
process.exit(broken ? 1 : 0);
