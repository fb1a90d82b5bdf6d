import { sendWithin, type Exchange, type ExchangeAnswer, type ExchangeRequest } from 'millrace'

/**
 * Sends what the SDK made. The SDK's own transport parses an answer, which loses digits and holds each row as an object,
 * follows redirects with the token in hand, and takes no signal.
 */
export const sendRequest = (request: ExchangeRequest, exchange: Exchange): Promise<ExchangeAnswer> =>
  sendWithin(exchange, request, { vendor: 'Google Ads', maxBytes })

/** A page is 10,000 rows; of ads with all their texts about 40 MB. */
const maxBytes = 128 * 1024 * 1024
