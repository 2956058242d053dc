export { CENTER_SETTINGS, createCenter, type CenterParts } from './app.js';
export { startWebhooks, type WebhookService } from './webhooks/start-webhooks.js';
