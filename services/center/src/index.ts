export { CENTER_SETTINGS, createCenter, type CenterParts } from './app.js';
