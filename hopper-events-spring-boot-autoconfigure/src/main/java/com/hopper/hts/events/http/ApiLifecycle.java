/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.http;

import org.springframework.context.Lifecycle;
import org.springframework.context.Phased;

/**
 * Starts and stops calls of the API with the application. It stops them after everything
 * that may still call, and before the connections.
 */
abstract class ApiLifecycle implements Lifecycle, Phased {

	private final ApiClient client;

	ApiLifecycle(ApiClient client) {
		this.client = client;
	}

	ApiClient client() {
		return this.client;
	}

	@Override
	public void start() {
		this.client.start();
	}

	@Override
	public void stop() {
		this.client.stop();
	}

	@Override
	public boolean isRunning() {
		return !this.client.isEnding();
	}

	@Override
	public int getPhase() {
		return 2;
	}

}
