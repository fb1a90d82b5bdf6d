/** A name as people write it, and the Latin form that their e-mail address is made of. */
export type Name = readonly [written: string, latin: string]

const plain = (...names: readonly string[]): readonly Name[] => names.map((name) => [name, name.toLowerCase()])

/** First and last names that go together, by where people are from. `weight`: how many of ten thousand. */
export const peoples: readonly {
  readonly weight: number
  readonly first: readonly Name[]
  readonly last: readonly Name[]
}[] = [
  {
    weight: 5200,
    first: plain(
      'Anna',
      'James',
      'Mary',
      'Robert',
      'Linda',
      'Michael',
      'Sarah',
      'David',
      'Emma',
      'Oliver',
      'Grace',
      'Henry',
      'Alice',
      'Noah',
      'Ruth',
      'Peter',
    ),
    last: [
      ...plain(
        'Smith',
        'Johnson',
        'Brown',
        'Taylor',
        'Wilson',
        'Walker',
        'Harris',
        'Clark',
        'Lewis',
        'Young',
        'Hall',
        'Wright',
        'Null',
        'True',
      ),
      ["O'Brien", 'obrien'],
      ["O'Neill", 'oneill'],
      ['O’Connor', 'oconnor'],
      ['Smith-Jones', 'smith-jones'],
      ['van der Berg', 'vanderberg'],
    ],
  },
  {
    weight: 2400,
    first: [
      ['José', 'jose'],
      ['Zoë', 'zoe'],
      ['François', 'francois'],
      ['Jürgen', 'juergen'],
      ['Søren', 'soren'],
      ['Łukasz', 'lukasz'],
      ['Aino', 'aino'],
      ['Åsa', 'asa'],
      ['Renée', 'renee'],
      ['İpek', 'ipek'],
    ],
    last: [
      ['Núñez', 'nunez'],
      ['Müller', 'mueller'],
      ['Gonçalves', 'goncalves'],
      ['Ångström', 'angstrom'],
      ['D’Angelo', 'dangelo'],
      ["D'Amico", 'damico'],
      ['Dvořák', 'dvorak'],
      ['Hämäläinen', 'hamalainen'],
      ['Straße', 'strasse'],
      ['Ørsted', 'orsted'],
    ],
  },
  {
    weight: 1100,
    first: [
      ['花子', 'hanako'],
      ['太郎', 'taro'],
      ['美咲', 'misaki'],
      ['健', 'ken'],
      ['さくら', 'sakura'],
    ],
    last: [
      ['山田', 'yamada'],
      ['佐藤', 'sato'],
      ['𠮷田', 'yoshida'],
      ['髙橋', 'takahashi'],
      ['鈴木', 'suzuki'],
    ],
  },
  {
    weight: 800,
    first: [
      ['محمد', 'mohammed'],
      ['فاطمة', 'fatima'],
      ['يوسف', 'yusuf'],
      ['ليلى', 'layla'],
    ],
    last: [
      ['الحسن', 'alhassan'],
      ['خليل', 'khalil'],
      ['النجار', 'alnajjar'],
    ],
  },
  {
    weight: 500,
    first: [
      ['Мария', 'maria'],
      ['Олег', 'oleg'],
      ['Νίκος', 'nikos'],
      ['Star ⭐', 'star'],
      ['Jo 👩‍💻', 'jo'],
    ],
    last: [
      ['Иванова', 'ivanova'],
      ['Παπαδόπουλος', 'papadopoulos'],
      ['Шевченко', 'shevchenko'],
      ['Moon 🌙', 'moon'],
    ],
  },
]

export const companyFirstWords: readonly Name[] = [
  ...plain(
    'Acme',
    'Blue River',
    'Northwind',
    'Initech',
    'Harbor',
    'Granite',
    'Summit',
    'Maple',
    'Copper',
    'Lighthouse',
    'Orbit',
    'Willow',
  ),
  ['Café Olé', 'cafe-ole'],
  ["Murphy's", 'murphys'],
  ['Señor', 'senor'],
  ['株式会社ヤマト', 'yamato'],
  ['東京', 'tokyo'],
  ['النور', 'alnoor'],
  ['🚀 Rocket', 'rocket'],
  ['Müller & Söhne', 'mueller-soehne'],
  ['"Quoted"', 'quoted'],
  ['Комета', 'kometa'],
]

export const companySecondWords: readonly string[] = [
  'Mills',
  'Foods',
  'Labs',
  'Freight',
  'Software',
  'Energy',
  'Health',
  'Media',
  'Partners',
  'Works',
  'Robotics',
  'Textiles',
]

export const companyEndings: readonly string[] = [
  'Inc.',
  'Ltd',
  'GmbH',
  'Oy',
  'S.A.',
  'LLC',
  '',
  ', Inc.',
  'K.K.',
  'AB',
]

export const industries: readonly string[] = [
  'Agriculture',
  'Banking',
  'Biotechnology',
  'Education',
  'Energy',
  'Food & Beverage',
  'Healthcare',
  'Manufacturing',
  'Retail',
  'Technology',
  'Transportation',
]

export const countries: readonly { readonly country: string; readonly currency: string; readonly dial: string }[] = [
  { country: 'US', currency: 'usd', dial: '1' },
  { country: 'US', currency: 'usd', dial: '1' },
  { country: 'US', currency: 'usd', dial: '1' },
  { country: 'GB', currency: 'gbp', dial: '44' },
  { country: 'DE', currency: 'eur', dial: '49' },
  { country: 'FI', currency: 'eur', dial: '358' },
  { country: 'SE', currency: 'sek', dial: '46' },
  // A currency without a minor unit, and one with three digits of it.
  { country: 'JP', currency: 'jpy', dial: '81' },
  { country: 'KW', currency: 'kwd', dial: '965' },
]

export const titles: readonly string[] = [
  'CEO',
  'CFO',
  'Head of Data',
  'VP, Sales',
  'Software Engineer',
  'Büroleiterin',
  'Directrice générale',
  '部長',
  'مدير',
  'Chief "Fun" Officer',
  'Growth 📈',
  'Buyer; Europe',
]
