import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** The RSA key of the sandbox's connected app. Its own, and of no use anywhere else. */
export const appPrivateKey = (): string =>
  createPrivateKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'pkcs8' }).toString()

/** As the certificate has it that was uploaded to the app. */
export const appPublicKey = (): KeyObject => createPublicKey({ key: jwk, format: 'jwk' })

const jwk = {
  kty: 'RSA',
  n: 'zDlW7oltlY1YACJCda3GMmRu764vd0vzzfQeqrYN6DH4ccG1vi1F_LShuGRPZgpyerrIxv8ujnTQeopOu5McgaH8F-85s4pMfdXbsfxU6HW3Uq91-z5ECxImnxJa5pquIxPcgetbivifYjdTUu_gadpoQvle4skvS12mmW9c2D2MfybEMYEX5Fr9sfCD_rctb8ijOCp-AR_g2hYetciCSChRxExUGQqgZwWf9EOdlYkkXNgHMQA94QoHk2qdzXtxsxLh9lmQry1KWIMAxdzWPqWUhOe-4RS3oXvRkGwbMqCEw2rO56d1rngSdphIGmZonlXW5qeISFNyQcyCF3H5IQ',
  e: 'AQAB',
  d: 'G3s_0nuVzoElrWbu0I0g1ZkkQIaNBp2m4jkOg2RaPLu0tgIeJchL2bSo6no9IPsY6qEF8ZlXN35Kq6K-84jZVixpEwNzHVDn-Cr2FF5jQqDMmYjY9IUtfNvlbJR4vP1ln3zFuInmWK4aLIpLYSa8aSIl05VhCl2OSrMAfzc4JDTuUQc7Ziy9IkJcC377-N_P3Kd6drEDZFzZO-wgYq5Bwv1A8p76ZFUHUbk6mXDo6ajZRdpn8ozEWncg3m3N2Vz5iGUOFIgrGNQf3g29GmkzG8x7w8NJ2S-ElK7CveRJDiHL02yxuwieDXyPF1QOBGY8AVd1JgpZ218ScOVBWjbpEQ',
  p: '-hgh1KmUnv9f8njg2JNBKalPG83Zs9FGvCT-yE9qqVXm_WL10Lr66b5HJBMDBlkNeFO9NJKvNT36dBDZBIuvo13LH3xQvFcVkazqzYT1PngD06kdxxMK55fMHvnhc9uZvlv_2u-DYMa2UhhHoSr5YsT9uYxGV_1Muav9Y8PSP6U',
  q: '0Qvpqm6T_Dfe9vcjIktkHKsBDvF1CyuS9v6b9WSioateKA7Iptwl19h6x9s6iulpRSOd64ajRgZhqIoRSSnLfVzW8THzPkSqlYMNs7L6EZuB-uhqKDXNuyG2N3Xa46YEQDM1vWAF3FrzwBTXIT8_B8b0tS9usJOvnN06MkjRWs0',
  dp: 'AYXKFvBdXkZxwBkqTUdAO0-zkpjDPYwFoTmcb33ESXmjaWGD25x30Jp-9mJDP3OlWFkyKrLF7E4PS0ua9qMfE6CLjwqDt1HUaMmjuFKZ56J1a4F5E_Ayvcw3yux8iecJXZZTzXJt21X6YC-TqBCJ6icG4G1RNFHveKXqagQUMJ0',
  dq: 'uFn8F8vqf3u6CitJ9Z1szQdVKJtxL4ee1GkWmmLENTSOFV9sPhJY4S_Mn2FLEGPk7Q8K3kDezgskpmAT_GR6SrTL7Oqy60_c63smYznL5CkyiFXcAFfqdUO2kNRDU4z9pKxEkRwULw6adOMsEOrYqAAhn4MT525maTyDbQLgdWU',
  qi: 'mvyl_Fw88zm7VCWn9OF4QrLvDTwxuwCUN2FJeUka6ph8931h4Zulo_qinsIa2QNpS9JmZ1CR-HH4KpzxrlHS1RTcEnBGOcf2ff8g6-d1eyK_nDjtGKx_fyesk86Q535b9fKwfTWRPD6wvjFQLO5Ia9qEHS0AzCRlllta8_UkCVE',
}
