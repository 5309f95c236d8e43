#!/usr/bin/env python3
"""Writes labelled pairs of names, from which `linkage train` makes the heads that ship for names.

usage: make_name_pairs.py DIR [--search] [--orgs DIR] [--leave-out 0|1] [--leave-out-kind NAME] > pairs.jsonl
DIR holds name-pairs.csv (OpenSanctions, MIT), un-list-variants.csv and distractor-persons.csv.gz (yente, MIT),
brand-names-multiscript.csv.gz and brand-pairs-han-latin.csv (name-suggestion-index, BSD-3-Clause).
--search: pairs for the head that ranks the finds of a search, of brands and of organisations.
--orgs: dbpedia-names of AutomaticFuzzyJoin (MIT; names from DBpedia, CC BY-SA 3.0), from which weights are learned and no name kept.
--leave-out leaves out one half of name-pairs.csv, by the hash that `evaluate_names` uses, so that it can be measured.
The same files always give the same pairs; standard library only.
"""
import argparse, collections, csv, gzip, json, os, random, re, sys, zlib

parser = argparse.ArgumentParser(description='Writes labelled pairs of names.')
parser.add_argument('folder')
parser.add_argument('--orgs', help='folder of dbpedia-names')
parser.add_argument('--search', action='store_true', help='pairs as a search finds them, for the head that ranks')
parser.add_argument('--leave-out', type=int, help='half of name-pairs.csv to leave out')
parser.add_argument('--leave-out-kind', help='folder of dbpedia-names to leave out')
asked = parser.parse_args()
folder, left_out, organisations, other_kind = asked.folder, asked.leave_out, asked.orgs, asked.leave_out_kind
chance = random.Random(1)
COPIES = 12


def rows(name, folder=folder):
    path = f'{folder}/{name}'
    path = path if os.path.exists(path) else path + '.gz'
    with gzip.open(path, 'rt', encoding='utf-8') if path.endswith('.gz') else open(path, encoding='utf-8') as file:
        return list(csv.DictReader(file))


def put(kind, left, right, label):
    print(json.dumps({'kind': kind, 'left': {'name': left}, 'right': {'name': right}, 'label': label}, ensure_ascii=False))


def half(left, right):
    return zlib.crc32('\t'.join(sorted([left, right])).encode()) & 1


def slip(word):
    """One slip of the finger."""
    at = chance.randrange(1, max(2, len(word) - 1))
    letter = chance.choice('aeiourtnsl')
    return chance.choice([word[:at] + word[at + 1:], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1:],
                          word[:at - 1] + word[at:at + 1] + word[at - 1:at] + word[at + 1:]])


def written_otherwise(first, middle, last):
    way = chance.randrange(6)
    if way == 0:
        return f'{last}, {first}'
    if way == 1:
        return f'{first} {middle[:1]} {last}' if middle else f'{first} {slip(last)}'
    if way == 2:
        return f'{slip(first)} {last}' if 4 < len(first) else f'{first} {slip(last)}'
    if way == 3:
        return f'{first} {slip(last)}' if 4 < len(last) else f'{last} {first}'
    if way == 4:
        return f'{first}{last}'
    return f'{last.upper()} {first} {middle}'.strip()


def words(name):
    return re.findall(r'\w+', name.lower())


def trigrams(name):
    return {word[at:at + 3] for word in (f'<{word}>' for word in words(name)) for at in range(max(1, len(word) - 2))}


class Search:
    """Finds names as a search does, by the rarest trigrams they share."""

    def __init__(self, names):
        self.holders = collections.defaultdict(set)
        for entry in names:
            for gram in trigrams(entry[1]):
                self.holders[gram].add(entry)

    def nearest(self, query, count):
        shared = collections.Counter()
        for gram in trigrams(query[1]):
            if len(self.holders[gram]) <= 3000:
                for entry in self.holders[gram]:
                    shared[entry] += 1 / (len(self.holders[gram]) ** 0.5 * (len(entry[1]) + 8) ** 0.5)
        near = [(-weight, entry) for entry, weight in shared.items() if entry != query]
        return [entry for _, entry in sorted(near)[:count]]


brands = collections.defaultdict(list)
for row in rows('brand-names-multiscript.csv.gz'):
    if row['script'] == 'Latin' and row['lang'] not in ('wikidata', 'type', 'wikipedia') and not re.fullmatch(r'Q\d+', row['name']):
        if row['name'] not in brands[row['entity_id']]:
            brands[row['entity_id']].append(row['name'])
latin = sorted(brands)
several = [brand for brand in latin if 1 < len(brands[brand])]

def searched():
    # As a search finds them: what no spelling leads to is not among them, and could not be learned.
    search = Search((brand, name) for brand in latin for name in brands[brand])
    for brand in chance.sample(several, 700):
        query = (brand, chance.choice(brands[brand]))
        for owner, name in search.nearest(query, 8):
            put('company_name', query[1], name, int(owner == brand))
        put('company_name', query[1], brands[chance.choice(latin)][0], 0)

    # Organisations under their names of two years, in the same way.
    for kind in sorted(os.listdir(organisations)) if organisations else []:
        if kind == other_kind:
            continue
        sides = [{row['rec_id']: row['name'] for row in rows(f'{side}.csv', f'{organisations}/{kind}')} for side in ('left', 'right')]
        matches = {(row['left_id'], row['right_id']) for row in rows('matches.csv', f'{organisations}/{kind}')}
        search = Search(sides[0].items())
        for right in chance.sample(sorted(sides[1]), min(250, len(sides[1]))):
            for left, name in search.nearest((right, sides[1][right]), 10):
                put('company_name', name, sides[1][right], int((left, right) in matches))


if asked.search:
    searched()
    sys.exit()

# Judged pairs, the hardest there are: several copies, because there are few beside the others.
for row in rows('name-pairs.csv'):
    kind = 'person_name' if row['schema'] == 'Person' else 'company_name'
    if left_out is None or half(row['name1'], row['name2']) != left_out:
        for _ in range(COPIES):
            put(kind, row['name1'], row['name2'], int(row['label']))

# People of a list under other spellings, and against people who are not on it and share a word.
listed = rows('un-list-variants.csv')
people = rows('distractor-persons.csv.gz')
in_other_scripts = [row['full_name'] for row in people if max(row['full_name']) >= '\u0370']
strangers = collections.defaultdict(list)
for row in people:
    for word in words(row['full_name']):
        strangers[word[:4]].append(row['full_name'])
for row in listed:
    put('person_name', row['name'], row['variant'], 1)
    near = sorted({name for word in words(row['name']) for name in strangers.get(word[:4], [])[:40]})
    for other in chance.sample(near, min(3, len(near))):
        put('person_name', row['name'], other, 0)
    put('person_name', row['name'], chance.choice(people)['full_name'], 0)
    for other in chance.sample(in_other_scripts, 3):
        put('person_name', row['name'], other, 0)

# The others as they are written elsewhere, and against those who share a given name or surname.
by_name = collections.defaultdict(list)
for row in people:
    for part in (row['first_name'], row['last_name']):
        by_name[part].append(row['full_name'])
for row in chance.sample(people, 500):
    first, middle, last = row['first_name'], row['middle_name'], row['last_name']
    put('person_name', row['full_name'], written_otherwise(first, middle, last), 1)
    for part in (first, last):
        near = [name for name in by_name[part] if name != row['full_name']]
        for name in chance.sample(near, min(1, len(near))):
            put('person_name', row['full_name'], name, 0)

# Brands under their names in letters, and against brands that share a word or a beginning, or nothing.
holders = collections.defaultdict(list)
for brand in latin:
    for name in brands[brand]:
        for key in sorted({*words(name), *(word[:4] + '*' for word in words(name))}):
            holders[key].append((brand, name))
for brand in chance.sample(several, 900):
    one, other = chance.sample(brands[brand], 2)
    put('company_name', one, other, 1)
    near = [entry for word in words(one) for key in (word, word[:4] + '*') for entry in holders[key] if len(holders[key]) < 60]
    near = sorted({name for owner, name in near if owner != brand and name not in brands[brand]})
    for name in chance.sample(near, min(1, len(near))):
        put('company_name', one, name, 0)
    put('company_name', one, brands[chance.choice(latin)][0], 0)

# Brands in Han under their other names in Han, and against brands that share a character, which may sound alike.
in_han = collections.defaultdict(list)
for row in rows('brand-names-multiscript.csv.gz'):
    if row['script'] == 'Han' and row['name'] not in in_han[row['entity_id']]:
        in_han[row['entity_id']].append(row['name'])
by_character = collections.defaultdict(list)
for brand in sorted(in_han):
    for name in in_han[brand]:
        for character in sorted(set(name)):
            by_character[character].append((brand, name))
for brand in sorted(in_han):
    one = chance.choice(in_han[brand])
    for other in in_han[brand]:
        if other != one:
            put('company_name', one, other, 1)
    near = sorted({name for character in sorted(set(one)) for owner, name in by_character[character] if owner != brand} - set(in_han[brand]))
    for name in chance.sample(near, min(2, len(near))):
        put('company_name', one, name, 0)
    at = chance.randrange(len(one))
    changed = one[:at] + chance.choice(sorted(by_character)) + one[at + 1:]
    put('company_name', one, changed, int(changed == one))

# People in Han, written together or apart, and with another character in the name.
han_people = [row['full_name'] for row in people if re.fullmatch('[一-鿿 ]+', row['full_name'])]
for name in chance.sample(han_people, min(250, len(han_people))):
    given, _, surname = name.rpartition(' ')
    together = surname + given.replace(' ', '')
    put('person_name', together, f'{surname} {given}', 1)
    other = chance.choice(han_people).replace(' ', '')
    changed = together[:-1] + other[0]
    put('person_name', together, changed, int(changed == together))
    put('person_name', together, other, int(other == together))

# Brands in Han against letters; rows with an id in the place of a name teach nothing.
crossing = [row for row in rows('brand-pairs-han-latin.csv') if not re.fullmatch(r'Q\d+|government|public|private', row['latin_name'])]
for row in chance.sample(crossing, 4000):
    put('company_name', row['han_name'], row['latin_name'], int(row['label']))
