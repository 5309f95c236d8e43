#!/usr/bin/env python3
"""Makes the tables of names that ship in linkage-core/src/normalize/data from openly licensed packages.

usage: make_name_tables.py NAME_SUGGESTION_INDEX_DIR OUT_DIR
needs: pip install faker==40.63.0 ToJyutping==3.2.0 anyascii; npm pack name-suggestion-index@8.0.20260918, unpacked

known_names.txt       (then zstd -19) words of given names and surnames of many countries (Faker, MIT)
trade_word_shares.tsv how often words stand in names of brands and operators (name-suggestion-index, BSD-3-Clause)
han_cantonese.tsv     Cantonese readings of Han characters (ToJyutping, BSD-2-Clause)
"""
import collections, glob, importlib, json, os, pkgutil, re, sys, unicodedata

import faker.providers.person
import ToJyutping
from anyascii import anyascii

nsi, out = sys.argv[1:3]


def folded(text):
    plain = anyascii(unicodedata.normalize('NFKC', text)).lower().replace("'", '').replace('’', '')
    return re.findall(r'[a-z0-9]+', plain)


def known_names():
    words = collections.Counter()
    for module in pkgutil.iter_modules(faker.providers.person.__path__):
        provider = importlib.import_module(f'faker.providers.person.{module.name}').Provider
        here = set()
        for field in dir(provider):
            if re.match(r'(first|last|middle)_names?|.*(given|family|sur)_?names?', field):
                value = getattr(provider, field)
                if not isinstance(value, (dict, list, tuple)):
                    continue
                for name in value:
                    if isinstance(name, (list, tuple)):
                        name = name[-1]
                    if isinstance(name, str) and not re.search(r'[㐀-鿿]', name):
                        here.update(word for word in folded(name) if 3 <= len(word) <= 14 and word.isalpha())
        words.update(here)
    return words


def labels(item):
    tags = item.get('tags', {})
    for key, value in tags.items():
        if re.fullmatch(r'(alt_|official_|short_|old_)?(name|brand|operator|network)(:[a-zA-Z_-]+)?', key) and not key.endswith(('wikidata', 'wikipedia', 'type')):
            yield value


def trade_words():
    shares, names = collections.Counter(), 0
    tree = json.load(open(f'{nsi}/dist/json/nsi.min.json'))['nsi']
    seen = set()
    for group in tree.values():
        for item in group['items']:
            for value in labels(item):
                words = frozenset(folded(value))
                if words and words not in seen and not re.search(r'[^\u0000-\u024f\u1e00-\u1eff‘’–—]', value):
                    seen.add(words)
                    names += 1
                    shares.update(words)
    return {word: 100_000 * count / names for word, count in shares.items() if 4 <= count}


def cantonese():
    rows = collections.defaultdict(str)
    for code in [*range(0x4E00, 0xA000)]:
        candidates = ToJyutping.get_jyutping_candidates(chr(code))
        for reading in sorted({re.sub(r'\d', '', r) for r in candidates[0][1]})[:3] if candidates and candidates[0][1] else []:
            rows[reading] += chr(code)
    return rows


def write(name, head, lines):
    with open(os.path.join(out, name), 'w', encoding='utf-8', newline='\n') as file:
        file.write(''.join(f'# {line}\n' for line in head) + ''.join(f'{line}\n' for line in lines))


words = known_names()
write('known_names.txt', ['Words of given names and surnames, romanised, sorted. Source: Faker, MIT; made by testdata/make_name_tables.py.'], sorted(words))
shares = trade_words()
write('trade_word_shares.tsv', ['Names of brands and operators in 100,000 that hold a word. Source: name-suggestion-index, BSD-3-Clause,',
      'Copyright name-suggestion-index contributors; made by testdata/make_name_tables.py.'],
      [f'{word}\t{share:.0f}' for word, share in sorted(shares.items(), key=lambda row: (-row[1], row[0]))])
rows = cantonese()
write('han_cantonese.tsv', ['Cantonese readings (Jyutping without tones) and the Han characters read so. Source: ToJyutping, BSD-2-Clause;',
      'made by testdata/make_name_tables.py.'], [f'{reading}\t{chars}' for reading, chars in sorted(rows.items())])
print(len(words), len(shares), len(rows), sum(map(len, rows.values())))
