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

import org.springframework.web.reactive.function.client.WebClient;

/**
 * Callback interface that can be used to customize the {@link WebClient.Builder} of the
 * {@code hopperWebClient} bean. It is called after the application's
 * {@link org.springframework.boot.webclient.WebClientCustomizer} beans and after
 * everything that {@code hopper.client.*} and {@code hopper.headers.*} set, and concerns
 * calls to Hopper only.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface HopperWebClientCustomizer {

	/**
	 * Customize the builder.
	 * @param builder the builder to customize
	 */
	void customize(WebClient.Builder builder);

}
